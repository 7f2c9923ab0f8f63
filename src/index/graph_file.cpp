#include "index/graph_file.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

#include "index/graph_copy.hpp"
#include "store/hash.hpp"

namespace sextant::index {
namespace {

using Node = Graph::Node;

constexpr std::uint64_t magic = 0x3148505247545853;  // "SXTGRPH1"
constexpr std::size_t part_bytes = 1 << 20;

/// Numbers one behind the other, as they lie in memory.
class Writer {
public:
    template <class Number>
        requires std::is_arithmetic_v<Number>
    void add(Number number) {
        const auto at = bytes_.size();
        bytes_.resize(at + sizeof number);
        std::memcpy(bytes_.data() + at, &number, sizeof number);
    }
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }

    /// With a checksum behind it; begins anew.
    [[nodiscard]] Bytes take(std::size_t space, std::size_t part) {
        const auto checksum = store::checksum_of(space, part, bytes_);
        add(checksum.low);
        add(checksum.high);
        return std::exchange(bytes_, {});
    }

private:
    Bytes bytes_;
};

/// What is not there reads as zero, and shows in `good`.
class Reader {
public:
    /// Takes the checksum from the end.
    Reader(Bytes bytes, std::size_t space, std::size_t part) : bytes_(std::move(bytes)) {
        store::Checksum checksum;
        if (bytes_.size() < sizeof checksum) return;
        std::memcpy(&checksum, bytes_.data() + bytes_.size() - sizeof checksum, sizeof checksum);
        bytes_.resize(bytes_.size() - sizeof checksum);
        good_ = store::checksum_of(space, part, bytes_) == checksum;
    }

    template <class Number>
    [[nodiscard]] Number take() {
        Number number{};
        good_ = good_ && bytes_.size() - at_ >= sizeof number;
        if (!good_) return number;
        std::memcpy(&number, bytes_.data() + at_, sizeof number);
        at_ += sizeof number;
        return number;
    }
    [[nodiscard]] bool good() const noexcept { return good_; }
    [[nodiscard]] bool at_end() const noexcept { return at_ == bytes_.size(); }
    void fail() noexcept { good_ = false; }

private:
    Bytes bytes_;
    std::size_t at_ = 0;
    bool good_ = false;
};

void write_head(Writer& writer, const LinkedRows& linked, const RowLayout& layout) {
    const auto& measured = linked.effort->measured();
    writer.add(magic);
    for (const auto number : {layout.dimensions(), static_cast<std::size_t>(layout.metric()), linked.graph->shape().m,
                              linked.graph->shape().ef_construction, linked.graph->size(), measured.curves.size()})
        writer.add(static_cast<std::uint64_t>(number));
    writer.add(measured.exact_one);
    writer.add(measured.exact_many);
    for (const auto& [k, points] : measured.curves) {
        writer.add(static_cast<std::uint64_t>(k));
        writer.add(static_cast<std::uint64_t>(points.size()));
        for (const auto& [ef, recall, seconds] : points) {
            writer.add(static_cast<std::uint64_t>(ef));
            writer.add(recall);
            writer.add(seconds);
        }
    }
}

/// The nodes of a file. Links of node n on level l end at `ends_[first_[n] + l]`, and begin where those before them end.
class SavedGraph : public GraphSource {
public:
    SavedGraph(const Rows& rows) : rows_(rows), left_(rows.live()) {
        for_each_slot(rows.live(), [this](std::size_t slot) { slots_.emplace_back(rows_.info(slot).number, slot); });
        std::ranges::sort(slots_);
    }

    /// Node by node. False if this is none.
    bool add(Reader& reader, const Graph::Shape& shape, std::size_t nodes) {
        const auto number = reader.take<std::uint64_t>(), checksum = reader.take<std::uint64_t>();
        const std::size_t levels = reader.take<std::uint8_t>();
        if (levels > Graph::top_level) reader.fail();
        first_.push_back(ends_.size());
        for (std::size_t level = 0; level <= levels && reader.good(); ++level) {
            const std::size_t count = reader.take<std::uint16_t>();
            if (count > (level == 0 ? 2 : 1) * shape.m) reader.fail();
            for (std::size_t i = 0; i < count && reader.good(); ++i) {
                links_.push_back(reader.take<std::uint32_t>());
                if (links_.back() >= nodes) reader.fail();
            }
            ends_.push_back(links_.size());
        }
        const auto slot = slot_of(number);
        const bool is_there = slot && rows_.info(*slot).checksum.low == checksum && get_bit(left_, *slot);  // and was not there before
        of_node_.push_back(is_there ? *slot : Rows::none);
        if (is_there) set_bit(left_, *slot, false);
        return reader.good();
    }

    /// Whether every link leads to a node that the level has.
    [[nodiscard]] bool sound() const {
        for (Node node = 0; node < size(); ++node)
            for (std::size_t level = 1; level <= this->level(node); ++level)
                for (std::size_t i = ends_[first_[node] + level - 1]; i < ends_[first_[node] + level]; ++i)
                    if (this->level(links_[i]) < level) return false;
        return true;
    }

    [[nodiscard]] std::size_t size() const override { return of_node_.size(); }
    [[nodiscard]] std::optional<std::size_t> slot(Node node) const override {
        return of_node_[node] == Rows::none ? std::nullopt : std::optional(of_node_[node]);
    }
    [[nodiscard]] std::size_t level(Node node) const override {
        return (node + 1 < first_.size() ? first_[node + 1] : ends_.size()) - first_[node] - 1;
    }
    void links(Node node, std::size_t level, std::vector<Node>& out) const override {
        out.clear();
        if (level > this->level(node)) return;
        const std::size_t at = first_[node] + level;
        for (std::size_t i = at == 0 ? 0 : ends_[at - 1]; i < ends_[at]; ++i) out.push_back(links_[i]);
    }

private:
    [[nodiscard]] std::optional<std::size_t> slot_of(std::uint64_t number) const {
        const auto found = std::ranges::lower_bound(slots_, number, {}, &std::pair<std::uint64_t, std::size_t>::first);
        if (found == slots_.end() || found->first != number) return std::nullopt;
        return found->second;
    }

    const Rows& rows_;
    Bits left_;  // slots of which no node has come yet
    std::vector<std::pair<std::uint64_t, std::size_t>> slots_;  // by the numbers of rows
    std::vector<std::size_t> first_, ends_;                      // of nodes in `ends_`, of levels in `links_`
    std::vector<Node> links_;
    std::vector<std::size_t> of_node_;  // slots
};

struct Head {
    Graph::Shape shape;
    std::size_t nodes = 0;
    Effort::Measured measured;
};

std::optional<Head> read_head(Reader& reader, const RowLayout& layout) {
    constexpr std::size_t most = 1000;  // curves, or points
    Head head;
    const auto number = [&reader] { return static_cast<std::size_t>(reader.take<std::uint64_t>()); };
    if (reader.take<std::uint64_t>() != magic || number() != layout.dimensions() || number() != static_cast<std::size_t>(layout.metric())) return {};
    head.shape = {number(), number()};
    head.nodes = number();
    const auto curves = number();
    if (head.shape.m < 2 || head.shape.m > 256 || head.nodes >= Graph::none || curves > most) return {};
    const auto positive = [&reader] {
        const auto value = reader.take<double>();
        if (!(value > 0 && value <= std::numeric_limits<double>::max())) reader.fail();
        return value;
    };
    head.measured.exact_one = positive();
    head.measured.exact_many = positive();
    for (std::size_t c = 0; c < curves && reader.good(); ++c) {
        auto& curve = head.measured.curves.emplace_back(Effort::Curve{number(), {}});
        const auto points = number();
        if (points > most) return {};
        for (std::size_t p = 0; p < points && reader.good(); ++p) {
            auto& point = curve.points.emplace_back();
            point.ef = number();
            point.recall = reader.take<double>();
            point.seconds = positive();
        }
    }
    if (!reader.good() || !reader.at_end()) return {};
    return head;
}

}  // namespace

void save_graph(const LinkedRows& linked, const Rows& rows, std::size_t space, const std::function<void(std::size_t, const Bytes&)>& put) {
    const auto& graph = *linked.graph;
    std::size_t part = 0;
    Writer writer;
    write_head(writer, linked, rows.layout());
    put(part, writer.take(space, part));
    std::vector<Node> links(graph.most_links(0));
    for (Node node = 0; node < graph.size(); ++node) {
        const auto [slot, stamp] = graph.row(node);
        const bool there = has_bit(rows.live(), slot) && rows.info(slot).stamp == stamp;
        writer.add(there ? rows.info(slot).number : std::uint64_t{0});  // no row has the number 0
        writer.add(there ? rows.info(slot).checksum.low : std::uint64_t{0});
        writer.add(static_cast<std::uint8_t>(graph.level(node)));
        for (std::size_t level = 0; level <= graph.level(node); ++level) {
            const auto count = graph.links_of(node, level, links.data());
            writer.add(static_cast<std::uint16_t>(count));
            for (std::size_t i = 0; i < count; ++i) writer.add(links[i]);
        }
        if (writer.size() < part_bytes && node + 1 < graph.size()) continue;
        ++part;
        put(part, writer.take(space, part));
    }
}

std::shared_ptr<const LinkedRows> load_graph(const Rows& rows, std::size_t space, const std::function<bool(std::size_t, Bytes&)>& get,
                                             std::size_t threads) {
    Bytes bytes;
    if (!get(0, bytes)) return nullptr;
    Reader first(std::move(bytes), space, 0);
    const auto head = read_head(first, rows.layout());
    if (!head) return nullptr;
    SavedGraph saved(rows);
    for (std::size_t part = 1; saved.size() < head->nodes; ++part) {
        if (!get(part, bytes)) return nullptr;
        Reader reader(std::move(bytes), space, part);
        if (!reader.good()) return nullptr;
        while (!reader.at_end())
            if (!saved.add(reader, head->shape, head->nodes) || saved.size() > head->nodes) return nullptr;
    }
    if (!saved.sound()) return nullptr;
    auto graph = copy_of(saved, rows, head->shape, threads);
    if (graph->size() == 0) return nullptr;
    auto linked = std::make_shared<LinkedRows>(LinkedRows{graph, std::make_shared<const Effort>(head->measured), rows.live()});
    for (Node node = 0; node < graph->size(); ++node) set_bit(linked->unlinked, graph->row(node).slot, false);
    return linked;
}

}  // namespace sextant::index

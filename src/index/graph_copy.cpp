#include "index/graph_copy.hpp"

#include <algorithm>
#include <atomic>

#include "index/in_threads.hpp"

namespace sextant::index {
namespace {

using Node = Graph::Node;

/// One copy, while it is made.
class Copying {
public:
    Copying(const GraphSource& source, const Rows& rows, const Graph::Shape& shape)
        : source_(source), graph_(std::make_shared<Graph>(rows.layout(), shape)), copies_(source.size(), Graph::none) {
        Node entry = Graph::none;
        for (Node node = 0; node < source.size(); ++node) {
            const auto slot = source.slot(node);
            if (!slot) continue;
            const auto copy = copies_[node] = graph_->add_node(rows, *slot, source.level(node));
            if (entry == Graph::none || graph_->level(copy) > graph_->level(entry)) entry = copy;
        }
        if (entry != Graph::none) graph_->set_entry(entry);
    }

    void link(Node node) {
        if (copies_[node] == Graph::none) return;
        for (std::size_t level = 0; level <= source_.level(node); ++level) {
            std::vector<Node> links;
            source_.links(node, level, links);
            const bool whole = std::ranges::none_of(links, [this](Node to) { return copies_[to] == Graph::none; });
            auto copies = whole ? links : left_of(links, level);
            for (auto& to : copies) to = copies_[to];
            if (!whole) std::erase(copies, copies_[node]);
            if (whole) graph_->set_links(copies_[node], level, copies);
            else graph_->choose_links(copies_[node], level, std::move(copies));
        }
    }

    [[nodiscard]] const std::shared_ptr<Graph>& graph() const { return graph_; }

private:
    /// What is left of the links, and where those that are gone led to, by way of others that are gone if there is no more.
    [[nodiscard]] std::vector<Node> left_of(const std::vector<Node>& links, std::size_t level) const {
        constexpr std::size_t enough = 256;
        std::vector<Node> left, gone, beyond;
        const auto take = [&](const std::vector<Node>& nodes) {
            for (const auto node : nodes) {
                auto& kind = copies_[node] == Graph::none ? gone : left;
                if (std::ranges::find(kind, node) == kind.end()) kind.push_back(node);
            }
        };
        take(links);
        for (std::size_t i = 0; i < gone.size() && i < enough && left.size() < enough; ++i) {
            source_.links(gone[i], level, beyond);
            take(beyond);
        }
        return left;
    }

    const GraphSource& source_;
    std::shared_ptr<Graph> graph_;
    std::vector<Node> copies_;  // by the nodes of the source
};

class LiveGraph : public GraphSource {
public:
    LiveGraph(const Graph& graph, const Rows& rows, const Bits& linked) : graph_(graph), rows_(rows), linked_(linked) {}

    [[nodiscard]] std::size_t size() const override { return graph_.size(); }
    [[nodiscard]] std::optional<std::size_t> slot(Node node) const override {
        const auto [slot, stamp] = graph_.row(node);
        if (!has_bit(linked_, slot) || rows_.info(slot).stamp != stamp) return std::nullopt;
        return slot;
    }
    [[nodiscard]] std::size_t level(Node node) const override { return graph_.level(node); }
    void links(Node node, std::size_t level, std::vector<Node>& out) const override {
        out.resize(graph_.most_links(level));
        out.resize(level <= graph_.level(node) ? graph_.links_of(node, level, out.data()) : 0);
    }

private:
    const Graph& graph_;
    const Rows& rows_;
    const Bits& linked_;
};

}  // namespace

std::shared_ptr<Graph> copy_of(const GraphSource& source, const Rows& rows, const Graph::Shape& shape, std::size_t threads) {
    Copying copying(source, rows, shape);
    std::atomic<std::size_t> next{0};
    constexpr std::size_t at_a_time = 64;
    in_threads(threads, [&] {
        for (auto begin = next.fetch_add(at_a_time); begin < source.size(); begin = next.fetch_add(at_a_time))
            for (auto node = begin; node < std::min(begin + at_a_time, source.size()); ++node) copying.link(static_cast<Node>(node));
    });
    return copying.graph();
}

std::shared_ptr<Graph> without_gone(const Graph& graph, const Rows& rows, const Bits& linked, std::size_t threads) {
    return copy_of(LiveGraph(graph, rows, linked), rows, graph.shape(), threads);
}

}  // namespace sextant::index

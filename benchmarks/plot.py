"""A plot of curves as SVG, without a library."""
import html
import math

COLOURS = ["#c22", "#06c", "#080", "#a50", "#808", "#088", "#555"]
LEFT, TOP, WIDTH, HEIGHT = 80, 50, 560, 400


def plot(title, curves, lowest_recall=0.8):
    """`curves`: lists of (recall, queries a second) by name. Recall goes from `lowest_recall` to 1, queries by powers."""
    curves = {name: [point for point in points if point[0] >= lowest_recall] for name, points in curves.items()}
    speeds = [speed for points in curves.values() for _, speed in points]
    low, high = math.floor(math.log10(min(speeds))), math.ceil(math.log10(max(speeds)))

    def x(recall):
        return LEFT + WIDTH * (recall - lowest_recall) / (1 - lowest_recall)

    def y(speed):
        return TOP + HEIGHT * (high - math.log10(speed)) / (high - low)

    def text(at_x, at_y, words, more=""):
        return f'<text x="{at_x:.1f}" y="{at_y:.1f}" {more}>{html.escape(words)}</text>'

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 170}" height="{TOP + HEIGHT + 60}" '
             'font-family="sans-serif" font-size="13">', '<rect width="100%" height="100%" fill="white"/>',
             text(LEFT, 25, title, 'font-size="15"'),
             text(LEFT + WIDTH / 2, TOP + HEIGHT + 45, "recall@10", 'text-anchor="middle"'),
             text(20, TOP + HEIGHT / 2, "queries a second", f'text-anchor="middle" transform="rotate(-90 20 {TOP + HEIGHT / 2})"')]
    for i in range(5):
        recall = lowest_recall + (1 - lowest_recall) * i / 4
        parts.append(f'<path d="M{x(recall):.1f} {TOP}v{HEIGHT}" stroke="#ddd"/>')
        parts.append(text(x(recall), TOP + HEIGHT + 20, f"{recall:.2f}", 'text-anchor="middle"'))
    for power in range(low, high + 1):
        for step in (1, 2, 5):
            if low <= math.log10(step * 10 ** power) <= high:
                height = y(step * 10 ** power)
                parts.append(f'<path d="M{LEFT} {height:.1f}h{WIDTH}" stroke="#ddd"/>')
                parts.append(text(LEFT - 8, height + 4, f"{step * 10 ** power:,.0f}", 'text-anchor="end"'))
    for i, (name, points) in enumerate(curves.items()):
        colour = COLOURS[i % len(COLOURS)]
        line = " ".join(f"{x(recall):.1f},{y(speed):.1f}" for recall, speed in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x(recall):.1f}" cy="{y(speed):.1f}" r="3" fill="{colour}"/>' for recall, speed in points]
        height = TOP + 15 + 22 * i
        parts.append(f'<path d="M{LEFT + WIDTH + 15} {height - 4}h20" stroke="{colour}" stroke-width="3"/>')
        parts.append(text(LEFT + WIDTH + 42, height, name))
    return "\n".join(parts) + "\n</svg>\n"

"""Every layer once more, node by node and edge by edge, from its formula."""

from __future__ import annotations

import torch


def arriving(block, i):
    """Numbers of the edges that point at node ``i``."""
    return [k for k in range(block.edge_index.shape[1]) if block.edge_index[1, k] == i]


def own(block, i):
    """The input that is output ``i``."""
    return i if block.own is None else int(block.own[i])


def source(block, k):
    return int(block.edge_index[0, k])


def gin(conv, nodes, block):
    edges, rows = conv.edges(block), []
    for i in range(block.num_outputs):
        total = nodes[own(block, i)] + conv.edges.self_loop()
        for k in arriving(block, i):
            total = total + nodes[source(block, k)] + edges[k]
        rows.append(conv.mlp(total[None])[0])
    return torch.stack(rows)


def gine(conv, nodes, block):
    edges, rows = conv.edges(block), []
    for i in range(block.num_outputs):
        total = (1 + conv.eps) * nodes[own(block, i)]
        for k in arriving(block, i):
            total = total + (nodes[source(block, k)] + edges[k]).clamp(min=0)
        rows.append(conv.mlp(total[None])[0])
    return torch.stack(rows)


def gcn(conv, nodes, block):
    x, edges, rows = conv.linear(nodes), conv.edges(block), []
    degree = [1 + int(count) for count in block.in_degree]
    for i in range(block.num_outputs):
        here = own(block, i)
        total = (x[here] + conv.edges.self_loop()) / degree[here]
        for k in arriving(block, i):
            j = source(block, k)
            total = total + (x[j] + edges[k]) / (degree[here] * degree[j]) ** 0.5
        rows.append(total)
    return torch.stack(rows)


def graphsage(conv, nodes, block):
    x, edges, rows = conv.linear(nodes), conv.edges(block), []
    for i in range(block.num_outputs):
        messages = [x[own(block, i)] + conv.edges.self_loop()]
        messages += [x[source(block, k)] + edges[k] for k in arriving(block, i)]
        mean = sum(messages) / len(messages)
        rows.append(mean / (mean**2).sum() ** 0.5)
    return torch.stack(rows)


def gat(conv, nodes, block):
    x, edges, dim, rows = conv.linear(nodes), conv.edges(block), len(conv.bias), []
    for i in range(block.num_outputs):
        senders = [x[own(block, i)] + conv.edges.self_loop()]
        senders += [x[source(block, k)] + edges[k] for k in arriving(block, i)]
        heads = []
        for head in range(2):
            part = slice(head * dim, (head + 1) * dim)
            scores = torch.stack(
                [
                    conv.attention[head] @ torch.cat([x[own(block, i)][part], z[part]])
                    for z in senders
                ]
            )
            weights = torch.where(scores > 0, scores, 0.2 * scores).softmax(0)
            heads.append(sum(w * z[part] for w, z in zip(weights, senders, strict=True)))
        rows.append((heads[0] + heads[1]) / 2 + conv.bias)
    return torch.stack(rows)


def gatv2(conv, nodes, block):
    sent, asked, edges, rows = conv.source(nodes), conv.target(nodes), conv.edges(block), []
    heads, width = conv.attention.shape
    for i in range(block.num_outputs):
        senders = [(sent[own(block, i)], conv.edges.self_loop())]
        senders += [(sent[source(block, k)], edges[k]) for k in arriving(block, i)]
        parts = []
        for head in range(heads):
            part = slice(head * width, (head + 1) * width)
            raw = [
                asked[own(block, i)][part] + x[part] + e.expand(asked.shape[1])[part]
                for x, e in senders
            ]
            scores = torch.stack([conv.attention[head] @ r.where(r > 0, 0.2 * r) for r in raw])
            weights = scores.softmax(0)
            parts.append(sum(w * x[part] for w, (x, _) in zip(weights, senders, strict=True)))
        rows.append(torch.cat(parts) + conv.bias)
    return torch.stack(rows)


NAIVE = {
    "gin": gin,
    "gcn": gcn,
    "graphsage": graphsage,
    "gat": gat,
    "gatv2": gatv2,
    "gine": gine,
}

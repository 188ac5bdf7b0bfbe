"""Every layer once more, node by node and edge by edge, from its formula."""

from __future__ import annotations

import torch


def arriving(batch, i):
    """Numbers of the edges that point at node ``i``."""
    return [k for k in range(batch.edge_index.shape[1]) if batch.edge_index[1, k] == i]


def source(batch, k):
    return int(batch.edge_index[0, k])


def gin(conv, nodes, batch):
    edges, rows = conv.edges(batch), []
    for i in range(batch.num_nodes):
        total = nodes[i] + conv.edges.self_loop()
        for k in arriving(batch, i):
            total = total + nodes[source(batch, k)] + edges[k]
        rows.append(conv.mlp(total[None])[0])
    return torch.stack(rows)


def gine(conv, nodes, batch):
    edges, rows = conv.edges(batch), []
    for i in range(batch.num_nodes):
        total = (1 + conv.eps) * nodes[i]
        for k in arriving(batch, i):
            total = total + (nodes[source(batch, k)] + edges[k]).clamp(min=0)
        rows.append(conv.mlp(total[None])[0])
    return torch.stack(rows)


def gcn(conv, nodes, batch):
    x, edges, rows = conv.linear(nodes), conv.edges(batch), []
    degree = [1 + len(arriving(batch, i)) for i in range(batch.num_nodes)]
    for i in range(batch.num_nodes):
        total = (x[i] + conv.edges.self_loop()) / degree[i]
        for k in arriving(batch, i):
            j = source(batch, k)
            total = total + (x[j] + edges[k]) / (degree[i] * degree[j]) ** 0.5
        rows.append(total)
    return torch.stack(rows)


def graphsage(conv, nodes, batch):
    x, edges, rows = conv.linear(nodes), conv.edges(batch), []
    for i in range(batch.num_nodes):
        messages = [x[i] + conv.edges.self_loop()]
        messages += [x[source(batch, k)] + edges[k] for k in arriving(batch, i)]
        mean = sum(messages) / len(messages)
        rows.append(mean / (mean**2).sum() ** 0.5)
    return torch.stack(rows)


def gat(conv, nodes, batch):
    x, edges, dim, rows = conv.linear(nodes), conv.edges(batch), len(conv.bias), []
    for i in range(batch.num_nodes):
        senders = [x[i] + conv.edges.self_loop()]
        senders += [x[source(batch, k)] + edges[k] for k in arriving(batch, i)]
        heads = []
        for head in range(2):
            part = slice(head * dim, (head + 1) * dim)
            scores = torch.stack(
                [conv.attention[head] @ torch.cat([x[i][part], z[part]]) for z in senders]
            )
            weights = torch.where(scores > 0, scores, 0.2 * scores).softmax(0)
            heads.append(sum(w * z[part] for w, z in zip(weights, senders, strict=True)))
        rows.append((heads[0] + heads[1]) / 2 + conv.bias)
    return torch.stack(rows)


def gatv2(conv, nodes, batch):
    sent, asked, edges, rows = conv.source(nodes), conv.target(nodes), conv.edges(batch), []
    heads, width = conv.attention.shape
    for i in range(batch.num_nodes):
        senders = [(sent[i], conv.edges.self_loop())]
        senders += [(sent[source(batch, k)], edges[k]) for k in arriving(batch, i)]
        parts = []
        for head in range(heads):
            part = slice(head * width, (head + 1) * width)
            raw = [asked[i][part] + x[part] + e.expand(len(asked[i]))[part] for x, e in senders]
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

using System.IO.Pipelines;
using Screening.Node.Endpoints.Connections;
using Screening.Protocol.Plugin;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Plugin;

/// <summary>The replies of one plug-in connection: those with a query_id in any order, the others in the order of their queries.</summary>
internal sealed class ReplyBuffer(PipeWriter output, ConnectionWatch watch) : AnswerBuffer(output, watch)
{
    // So many replies wait for their turn behind one that is not made yet, and no more.
    private const int MaxWaitingReplies = 1024;

    private readonly Queue<OrderedReply> _ordered = new();

    protected override bool HoldsTooMuch => _ordered.Count >= MaxWaitingReplies;

    /// <summary>Adds a reply that may go out in any order.</summary>
    public void Add(bool hasQueryId, ReadOnlySpan<byte> queryId, in Verdict verdict)
    {
        lock (Sync)
            PluginReply.Write(Filling, hasQueryId, queryId, verdict);
    }

    /// <summary>Reserves the next place among the replies that keep the order of their queries.</summary>
    public OrderedReply Reserve(bool hasQueryId)
    {
        var reply = new OrderedReply(hasQueryId);
        lock (Sync)
            _ordered.Enqueue(reply);
        return reply;
    }

    /// <summary>Fills a reserved place; the reply goes out once those before it have.</summary>
    public void Fill(OrderedReply reply, in Verdict verdict)
    {
        lock (Sync)
        {
            reply.Verdict = verdict;
            while (_ordered.TryPeek(out var first) && first.Verdict is { } ready)
            {
                PluginReply.Write(Filling, first.HasQueryId, default, ready);
                _ordered.Dequeue();
            }

            RelieveIfPossible();
        }
    }

    /// <summary>A place among the replies that keep their order.</summary>
    internal sealed class OrderedReply(bool hasQueryId)
    {
        public bool HasQueryId { get; } = hasQueryId;

        public Verdict? Verdict { get; set; }
    }
}

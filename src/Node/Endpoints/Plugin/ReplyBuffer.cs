using System.IO.Pipelines;
using Screening.Node.Endpoints.Connections;
using Screening.Protocol.Plugin;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Plugin;

/// <summary>The replies of one plug-in connection: those with a query_id in any order, the others in the order of their queries.</summary>
/// <remarks>
/// Invariant: the first reply of the queue is not made yet, so a reply in order is written at once if the queue is empty.
/// </remarks>
internal sealed class ReplyBuffer(PipeWriter output, ConnectionWatch watch) : AnswerBuffer(output, watch)
{
    // So many replies wait for their turn behind one that is not made yet, and no more.
    private const int MaxWaitingReplies = 1024;

    private readonly Queue<PendingReply> _ordered = new();

    protected override bool HoldsTooMuch => _ordered.Count >= MaxWaitingReplies;

    /// <summary>Adds the reply to a query that is decided at once.</summary>
    public void Add(in PluginRequest request, in Verdict verdict)
    {
        lock (Sync)
        {
            if (request.IsOrdered && _ordered.Count > 0)
                _ordered.Enqueue(new PendingReply(request.HasQueryId, []) { Verdict = verdict });
            else
                PluginReply.Write(Filling, request.HasQueryId, request.QueryId, verdict);
        }
    }

    /// <summary>Keeps the place of a reply that is made later; <see cref="FillAsync"/> must follow.</summary>
    public PendingReply Reserve(in PluginRequest request)
    {
        var reply = new PendingReply(request.HasQueryId, request.QueryId.ToArray());
        Owe(reply.QueryId.Length);
        lock (Sync)
        {
            if (reply.IsOrdered)
                _ordered.Enqueue(reply);
        }

        return reply;
    }

    /// <summary>Fills a reserved place, and sends the replies that are ready then.</summary>
    public async Task FillAsync(PendingReply reply, Verdict verdict)
    {
        lock (Sync)
        {
            reply.Verdict = verdict;
            if (!reply.IsOrdered)
                PluginReply.Write(Filling, hasQueryId: true, reply.QueryId, verdict);
            while (_ordered.TryPeek(out var first) && first.Verdict is { } ready)
            {
                PluginReply.Write(Filling, first.HasQueryId, first.QueryId, ready);
                _ordered.Dequeue();
            }

            RelieveIfPossible();
        }

        await FlushAsync().ConfigureAwait(false);
        Settle(reply.QueryId.Length);
    }

    /// <summary>The place of a reply.</summary>
    internal sealed class PendingReply(bool hasQueryId, byte[] queryId)
    {
        public bool HasQueryId => hasQueryId;

        public byte[] QueryId => queryId;

        public bool IsOrdered => queryId.Length == 0;

        /// <summary>Null: not made yet.</summary>
        public Verdict? Verdict { get; set; }
    }
}

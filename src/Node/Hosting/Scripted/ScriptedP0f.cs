using System.Net.Sockets;
using Screening.Protocol.P0f;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Hosting.Scripted;

/// <summary>p0f's API socket, answered from a script.</summary>
internal sealed class ScriptedP0f : ScriptedService
{
    /// <summary>A host that p0f has not seen.</summary>
    public static readonly P0fReply NoMatch = new(P0fStatus.NoMatch, "", "", "", P0fMatch.Exact, 0, 0, 0, 0);

    private readonly Func<ClientAddress, P0fReply> _answer;

    public ScriptedP0f(string path, Func<ClientAddress, P0fReply> answer)
        : base(path)
    {
        _answer = answer;
        Start();
    }

    protected override async Task ServeAsync(NetworkStream connection)
    {
        var query = new byte[P0fQuery.Length];
        while (await connection.ReadAtLeastAsync(query, query.Length, throwOnEndOfStream: false).ConfigureAwait(false) == query.Length)
        {
            if (!P0fQuery.TryRead(query, out var client))
                return;
            await connection.WriteAsync(P0fReplyWriter.Write(_answer(client))).ConfigureAwait(false);
        }
    }
}

using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using Screening.Protocol.Framing;
using Screening.Protocol.Plugin;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Hosting.Scripted;

/// <summary>What a scripted check thinks of a client.</summary>
/// <param name="Score">What it adds to the score.</param>
/// <param name="Reason">Why: printable ASCII, one line.</param>
internal readonly record struct ScriptedOpinion(VerdictAction Action, int Score, string Reason);

/// <summary>A custom check that speaks the plug-in protocol, answered from a script.</summary>
internal sealed class ScriptedPlugin : ScriptedService
{
    private readonly Func<ClientAddress, ScriptedOpinion> _answer;

    public ScriptedPlugin(string path, Func<ClientAddress, ScriptedOpinion> answer)
        : base(path)
    {
        _answer = answer;
        Start();
    }

    protected override async Task ServeAsync(NetworkStream connection)
    {
        var input = PipeReader.Create(connection);
        var framer = new AttributeFramer(PluginRequest.Limits);
        while (true)
        {
            var read = await input.ReadAsync().ConfigureAwait(false);
            var buffer = read.Buffer;
            OperationStatus status;
            while ((status = framer.TryFindEnd(buffer, out var length, out _)) == OperationStatus.Done)
            {
                await connection.WriteAsync(Reply(buffer.Slice(0, length).ToArray())).ConfigureAwait(false);
                buffer = buffer.Slice(length);
            }

            if (read.IsCompleted || status == OperationStatus.InvalidData)
                return;
            input.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private byte[] Reply(ReadOnlySpan<byte> query)
    {
        if (!PluginRequest.TryParse(query, out var request, out _))
            return "action=pass\nttl=1\n\n"u8.ToArray();
        var (action, score, reason) = _answer(request.Client);
        return Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"query_id={Encoding.ASCII.GetString(request.QueryId)}\naction={action.Word()}\nttl=600\nscore={score}\nreason={reason}\n\n"));
    }
}

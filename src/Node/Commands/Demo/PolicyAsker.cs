using System.Net;
using System.Net.Sockets;

namespace Screening.Node.Commands.Demo;

/// <summary>Asks the policy door as smtpd(8) does (SMTPD_POLICY_README).</summary>
internal static class PolicyAsker
{
    private const string Action = "action=";

    /// <summary>The action that the door answers.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public static async Task<string> AskAsync(IPEndPoint door, DemoClient client, CancellationToken cancellation)
    {
        var (helo, sender) = client.Mail ?? ("", "");
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(door, cancellation).ConfigureAwait(false);
        await using var stream = new NetworkStream(socket);
        await using var writer = new StreamWriter(stream) { NewLine = "\n" };
        await writer.WriteAsync(
            $"request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address={client.Address}\nhelo_name={helo}\nsender={sender}\n"
            + $"instance={Guid.NewGuid():N}\n\n").ConfigureAwait(false);
        await writer.FlushAsync(cancellation).ConfigureAwait(false);
        using var reader = new StreamReader(stream);
        var line = await reader.ReadLineAsync(cancellation).ConfigureAwait(false) ?? "";
        return line.StartsWith(Action, StringComparison.Ordinal)
            ? line[Action.Length..]
            : throw new IOException("the policy door closed without a reply");
    }
}

using System.Net;
using System.Net.Sockets;
using Screening.Protocol.Dns;

namespace Screening.Node.Hosting.Scripted;

/// <summary>What a scripted list says.</summary>
/// <param name="Zone">The list's domain, which the question's name ends in.</param>
/// <param name="Content">The answer.</param>
internal readonly record struct ScriptedAnswer(string Zone, DnsAnswerContent Content);

/// <summary>
/// A resolver that answers from a script: UDP on a free port of loopback, nothing else. Questions are answered side by side, so that a slow
/// list holds up no other.
/// </summary>
internal sealed class ScriptedResolver : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Func<string, DnsType, ValueTask<ScriptedAnswer?>> _answer;

    /// <summary>Starts to answer.</summary>
    /// <param name="answer">The answer to a question; null: none at all.</param>
    public ScriptedResolver(Func<string, DnsType, ValueTask<ScriptedAnswer?>> answer)
    {
        _answer = answer;
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _ = ServeAsync();
    }

    /// <summary>Where it is.</summary>
    public EndPoint Address => _socket.LocalEndPoint!;

    public void Dispose() => _socket.Dispose();

    private async Task ServeAsync()
    {
        var buffer = new byte[DnsAnswerWriter.MaxBytes];
        try
        {
            while (true)
            {
                var received = await _socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0)).ConfigureAwait(false);
                _ = AnswerAsync(buffer.AsSpan(0, received.ReceivedBytes).ToArray(), received.RemoteEndPoint);
            }
        }
        catch (Exception over) when (over is SocketException or ObjectDisposedException)
        {
            // The script is over.
        }
    }

    private async Task AnswerAsync(byte[] message, EndPoint asker)
    {
        var request = DnsRequest.Read(message, new char[DnsRequest.MaxNameLength], out var name);
        if (request.Kind != DnsRequestKind.Question
            || await _answer(name.ToString(), request.Type).ConfigureAwait(false) is not { } answer)
        {
            return;
        }

        var reply = new byte[DnsAnswerWriter.MaxBytes];
        var length = DnsAnswerWriter.Write(reply, message, request, answer.Content, answer.Zone, DnsAnswerWriter.MaxUdpBytes);
        try
        {
            await _socket.SendToAsync(reply.AsMemory(0, length), asker).ConfigureAwait(false);
        }
        catch (Exception over) when (over is SocketException or ObjectDisposedException)
        {
            // The script is over.
        }
    }
}

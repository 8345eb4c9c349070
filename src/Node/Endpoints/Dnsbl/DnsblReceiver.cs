using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Screening.Node.Configuration;
using Screening.Node.Endpoints.Connections;
using Screening.Node.Telemetry;
using Screening.Protocol.Dns;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Dnsbl;

/// <summary>
/// What one thread does at one UDP socket, with buffers of its own: an answer that is known at once leaves before the next datagram is
/// received, and allocates nothing.
/// </summary>
/// <param name="allow">The networks that are answered; null: those that are near.</param>
internal sealed class DnsblReceiver(
    Socket socket, AllowList? allow, ConnectionGate gate, DnsblZone zone, ResponseRateLimit rates, ILogger log)
{
    private const int MaxRequestBytes = 4096;

    private readonly byte[] _request = new byte[MaxRequestBytes];
    private readonly byte[] _answer = new byte[DnsAnswerWriter.MaxBytes];
    private readonly SocketAddress _from = new(socket.AddressFamily);
    private int _inFlight;

    /// <summary>Questions that wait for a verdict.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Waits for a datagram and answers it.</summary>
    /// <returns>False: the socket is closed.</returns>
    public bool ReceiveOne()
    {
        try
        {
            var length = socket.ReceiveFrom(_request, SocketFlags.None, _from);
            // The end of receiving looks like an empty datagram from nobody.
            if (length > 0 && AddressOf(_from) is var peer && gate.Admits(peer, allow))
                Answer(_request.AsSpan(0, length), peer);
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
        catch (SocketException)
        {
            // A datagram that is too long, or an earlier client that is gone: no reason to stop listening.
        }
        catch (Exception bug)
        {
            log.DatagramFault(bug); // A fault of ours may cost one answer, never the door.
        }

        return true;
    }

    private static ClientAddress AddressOf(SocketAddress from) => from.Family == AddressFamily.InterNetwork
        ? ClientAddress.FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(from.Buffer.Span[4..]))
        : ClientAddress.FromBits(BinaryPrimitives.ReadUInt128BigEndian(from.Buffer.Span[8..]));

    private void Answer(ReadOnlySpan<byte> message, ClientAddress peer)
    {
        var request = DnsRequest.Read(message, stackalloc char[DnsRequest.MaxNameLength], out var name);
        if (request.Kind == DnsRequestKind.Ignore)
            return;
        if (request.Kind == DnsRequestKind.Question && rates.AdmitQuestion(peer) is var admitted and not RateVerdict.Send)
        {
            if (admitted == RateVerdict.Truncate)
                socket.SendTo(_answer.AsSpan(0, DnsAnswerWriter.WriteTruncated(_answer, message, request)), SocketFlags.None, _from);
            return;
        }

        var content = zone.AnswerAsync(request, name);
        if (content.IsCompletedSuccessfully)
        {
            Send(message, request, name, content.Result, peer, _from, _answer);
            return;
        }

        Interlocked.Increment(ref _inFlight);
        var to = new SocketAddress(_from.Family, _from.Size);
        _from.Buffer.Span[.._from.Size].CopyTo(to.Buffer.Span);
        _ = SendWhenDecidedAsync(message[..request.EchoBytes].ToArray(), request, name.ToString(), content, peer, to);
    }

    private async Task SendWhenDecidedAsync(
        byte[] message, DnsRequest request, string name, ValueTask<DnsAnswerContent> pending, ClientAddress peer, SocketAddress to)
    {
        try
        {
            var content = await pending.ConfigureAwait(false);
            Send(message, request, name, content, peer, to, new byte[DnsAnswerWriter.MaxBytes]);
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            log.DatagramLost(fault.Message);
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private void Send(
        ReadOnlySpan<byte> message, in DnsRequest request, ReadOnlySpan<char> name, in DnsAnswerContent content, ClientAddress peer,
        SocketAddress to, byte[] answer)
    {
        var isOurs = request.Kind == DnsRequestKind.Question && content.IsAuthoritative;
        var isNegative = isOurs && content.Type is null;
        var rate = rates.AdmitAnswer(peer, isOurs ? name : default, isNegative);
        if (rate == RateVerdict.Drop)
            return;
        var limit = Math.Min(request.PayloadBytes, DnsAnswerWriter.MaxUdpBytes);
        var length = rate == RateVerdict.Truncate
            ? DnsAnswerWriter.WriteTruncated(answer, message, request)
            : DnsAnswerWriter.Write(answer, message, request, content, zone.Name, limit);
        socket.SendTo(answer.AsSpan(0, length), SocketFlags.None, to);
    }
}

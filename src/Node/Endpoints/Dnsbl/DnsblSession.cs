using System.Buffers;
using Microsoft.AspNetCore.Connections;
using Screening.Node.Endpoints.Connections;
using Screening.Protocol.Dns;

namespace Screening.Node.Endpoints.Dnsbl;

/// <summary>
/// One connection to our zone over TCP (RFC 7766): each message behind its length in two octets, answers as they come, also out of order.
/// </summary>
internal sealed class DnsblSession(ConnectionContext connection, DnsblZone zone, int maxInFlight) : IConnectionSession
{
    private const int MaxRequestBytes = 4096;

    // So many bytes at least are counted for a request, so that no more than limits.per_connection are in flight.
    private readonly int _leastBytes = Math.Max(1, AnswerBuffer.MaxOwedBytes / maxInFlight);
    private readonly AnswerBuffer _answers = new(connection.Transport.Output, ConnectionWatch.Of(connection.Features));

    // RFC 7766 section 6.2.3: a server closes idle connections, after seconds.
    public TimeSpan? IdleTimeout => TimeSpan.FromSeconds(30);

    public Progress Read(ref ReadOnlySequence<byte> buffer)
    {
        Span<byte> copy = stackalloc byte[MaxRequestBytes];
        while (!buffer.IsEmpty)
        {
            if (_answers.IsFull)
                return Progress.Held;
            switch (DnsTcpFramer.TryFind(buffer, MaxRequestBytes, out var length))
            {
                case OperationStatus.Done:
                    buffer.Slice(DnsTcpFramer.PrefixBytes, length).CopyTo(copy);
                    Answer(copy[..length]);
                    buffer = buffer.Slice(DnsTcpFramer.PrefixBytes + length);
                    break;
                case OperationStatus.NeedMoreData:
                    return Progress.Partial;
                default:
                    return Progress.Over($"a message of {length} octets");
            }
        }

        return Progress.All;
    }

    public ValueTask<bool> AnswerAsync() => _answers.SendAsync();

    public Task EndAsync() => _answers.EndAsync();

    private void Answer(ReadOnlySpan<byte> message)
    {
        var request = DnsRequest.Read(message, stackalloc char[DnsRequest.MaxNameLength], out var name);
        if (request.Kind == DnsRequestKind.Ignore)
            return;
        var content = zone.AnswerAsync(request, name);
        if (content.IsCompletedSuccessfully)
        {
            Add(message, request, content.Result);
            return;
        }

        // An answer repeats no more of a request than this.
        var echo = message[..request.EchoBytes].ToArray();
        _answers.Owe(Math.Max(echo.Length, _leastBytes));
        _ = AnswerLaterAsync(echo, request, content);
    }

    private async Task AnswerLaterAsync(byte[] echo, DnsRequest request, ValueTask<DnsAnswerContent> pending)
    {
        try
        {
            var content = await pending.ConfigureAwait(false);
            Add(echo, request, content);
            await _answers.FlushAsync().ConfigureAwait(false);
        }
        finally
        {
            _answers.Settle(Math.Max(echo.Length, _leastBytes));
        }
    }

    private void Add(ReadOnlySpan<byte> message, in DnsRequest request, in DnsAnswerContent content)
    {
        Span<byte> framed = stackalloc byte[DnsTcpFramer.PrefixBytes + DnsAnswerWriter.MaxBytes];
        var answer = framed[DnsTcpFramer.PrefixBytes..];
        var length = DnsAnswerWriter.Write(answer, message, request, content, zone.Name, DnsAnswerWriter.MaxBytes);
        DnsTcpFramer.WritePrefix(framed, length);
        _answers.Add(framed[..(DnsTcpFramer.PrefixBytes + length)]);
    }
}

using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Screening.Node.Endpoints.Connections;
using Screening.Protocol.Dns;

namespace Screening.Node.Endpoints.Dnsbl;

/// <summary>
/// One connection to our zone over TCP (RFC 7766): each message behind its length in two octets, answers as they come, also out of order.
/// Ends when the peer asks nothing for some time, sends a message too slowly, or sends what cannot be a request.
/// </summary>
internal sealed class DnsblSession(ConnectionContext connection, DnsblZone zone, int maxInFlight) : ConnectionSession(connection)
{
    private const int PrefixBytes = 2;
    private const int MaxRequestBytes = 4096;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);

    // So many bytes at least are counted for a request, so that no more than limits.per_connection are in flight.
    private readonly int _leastBytes = Math.Max(1, AnswerBuffer.MaxOwedBytes / maxInFlight);
    private readonly AnswerBuffer _answers = new(connection.Transport.Output, ConnectionWatch.Of(connection.Features));
    private volatile bool _isInsideRequest;

    protected override bool IsInsideRequest => _isInsideRequest;

    protected override bool IsAnswering => _answers.Owed > 0;

    protected override TimeSpan? IdleLimit => Idle;

    /// <summary>Serves the connection until it ends and everything is answered.</summary>
    public override async Task RunAsync()
    {
        await base.RunAsync().ConfigureAwait(false);
        await _answers.EndAsync().ConfigureAwait(false);
    }

    protected override async Task ReadAsync(PipeReader input)
    {
        for (var isLast = false; !IsOver;)
        {
            var read = await input.ReadAsync().ConfigureAwait(false);
            var buffer = read.Buffer;
            var isAllSeen = ReadRequests(ref buffer);
            _isInsideRequest = isAllSeen && !buffer.IsEmpty;
            input.AdvanceTo(buffer.Start, isAllSeen ? buffer.End : buffer.Start);
            await _answers.FlushAsync().ConfigureAwait(false);
            isLast |= read.IsCompleted || read.IsCanceled;
            if ((isLast && isAllSeen) || _answers.IsPeerGone)
                return;
            await _answers.WhenRelievedAsync().ConfigureAwait(false);
        }
    }

    // False: there may be more requests, but no room for their answers.
    private bool ReadRequests(ref ReadOnlySequence<byte> buffer)
    {
        Span<byte> copy = stackalloc byte[PrefixBytes + MaxRequestBytes];
        while (!IsOver && buffer.Length >= PrefixBytes)
        {
            if (_answers.IsFull)
                return false;
            buffer.Slice(0, PrefixBytes).CopyTo(copy);
            int length = BinaryPrimitives.ReadUInt16BigEndian(copy);
            if (length is 0 or > MaxRequestBytes)
            {
                GiveUp($"a message of {length} octets");
                return true;
            }

            if (buffer.Length < PrefixBytes + length)
                return true;
            buffer.Slice(PrefixBytes, length).CopyTo(copy);
            Answer(copy[..length]);
            RequestEnded();
            buffer = buffer.Slice(PrefixBytes + length);
        }

        return true;
    }

    private void Answer(ReadOnlySpan<byte> message)
    {
        var request = DnsRequest.Read(message);
        if (request.Kind == DnsRequestKind.Ignore)
            return;
        var content = zone.AnswerAsync(request);
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
        Span<byte> answer = stackalloc byte[PrefixBytes + DnsAnswerWriter.MaxBytes];
        var length = DnsAnswerWriter.Write(answer[PrefixBytes..], message, request, content, zone.Name, DnsAnswerWriter.MaxBytes);
        BinaryPrimitives.WriteUInt16BigEndian(answer, (ushort)length);
        _answers.Add(answer[..(PrefixBytes + length)]);
    }
}

using System.Buffers;
using System.Buffers.Binary;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Screening.Node.Telemetry;
using Screening.Protocol.Dns;

namespace Screening.Node.Endpoints.Dnsbl;

/// <summary>
/// Our zone over TCP (RFC 7766): each message behind its length in two octets, answers as they come, also out of order. Closes a
/// connection that says nothing for some seconds, or something that is no request.
/// </summary>
internal sealed class DnsblConnectionHandler(
    DnsblZone zone, EndpointSettings settings, ConnectionLimits limits, ILogger<DnsblConnectionHandler> log) : ConnectionHandler
{
    private const int MaxRequestBytes = 4096;
    private static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(30);

    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        if (!limits.TryEnter(connection))
        {
            log.TooManyConnections(connection.RemoteEndPoint?.ToString() ?? "unix");
            return;
        }

        var session = new Session(connection, zone, settings.PerConnection);
        try
        {
            await using var drain = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested
                .UnsafeRegister(static c => ((ConnectionContext)c!).Transport.Input.CancelPendingRead(), connection) ?? default;
            await session.ReadAsync().ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is ConnectionResetException or ConnectionAbortedException or OperationCanceledException)
        {
            // The peer went away, or said nothing.
        }
        finally
        {
            await session.EndAsync().ConfigureAwait(false);
            limits.Leave(connection);
        }
    }

    private sealed class Session(ConnectionContext connection, DnsblZone zone, int maxInFlight)
    {
        private readonly SemaphoreSlim _inFlight = new(maxInFlight);
        private readonly SemaphoreSlim _writing = new(1);

        public async Task ReadAsync()
        {
            using var idle = new CancellationTokenSource();
            var input = connection.Transport.Input;
            while (true)
            {
                idle.CancelAfter(IdleLimit);
                var read = await input.ReadAsync(idle.Token).ConfigureAwait(false);
                var buffer = read.Buffer;
                var isSound = true;
                while (isSound && TryTake(ref buffer, out var message, out isSound))
                {
                    await _inFlight.WaitAsync(idle.Token).ConfigureAwait(false);
                    _ = AnswerAsync(message);
                }

                input.AdvanceTo(buffer.Start, buffer.End);
                if (!isSound || read.IsCompleted || read.IsCanceled)
                    return;
            }
        }

        /// <summary>Ends when everything that was asked is answered.</summary>
        public async Task EndAsync()
        {
            for (var i = 0; i < maxInFlight; i++)
                await _inFlight.WaitAsync().ConfigureAwait(false);
        }

        private static bool TryTake(ref ReadOnlySequence<byte> buffer, out byte[] message, out bool isSound)
        {
            message = [];
            isSound = true;
            Span<byte> prefix = stackalloc byte[2];
            if (buffer.Length < 2)
                return false;
            buffer.Slice(0, 2).CopyTo(prefix);
            var length = BinaryPrimitives.ReadUInt16BigEndian(prefix);
            isSound = length is > 0 and <= MaxRequestBytes;
            if (!isSound || buffer.Length < 2 + length)
                return false;
            message = buffer.Slice(2, length).ToArray();
            buffer = buffer.Slice(2 + length);
            return true;
        }

        private async Task AnswerAsync(byte[] message)
        {
            try
            {
                var request = DnsRequest.Read(message);
                if (request.Kind == DnsRequestKind.Ignore)
                    return;
                var content = await zone.AnswerAsync(request).ConfigureAwait(false);
                var answer = new byte[2 + DnsAnswerWriter.MaxBytes];
                var length = DnsAnswerWriter.Write(answer.AsSpan(2), message, request, content, zone.Name, DnsAnswerWriter.MaxBytes);
                BinaryPrimitives.WriteUInt16BigEndian(answer, (ushort)length);
                await WriteAsync(answer.AsMemory(0, 2 + length)).ConfigureAwait(false);
            }
            finally
            {
                _inFlight.Release();
            }
        }

        private async Task WriteAsync(ReadOnlyMemory<byte> answer)
        {
            await _writing.WaitAsync().ConfigureAwait(false);
            try
            {
                await connection.Transport.Output.WriteAsync(answer).ConfigureAwait(false);
            }
            catch (Exception fault) when (fault is IOException or InvalidOperationException or OperationCanceledException)
            {
                // The peer is gone; there is nobody to answer.
            }
            finally
            {
                _writing.Release();
            }
        }
    }
}

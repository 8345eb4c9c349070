using System.Buffers.Text;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Screening.Benchmarks.Native;

namespace Screening.Benchmarks.Load;

/// <summary>
/// DNSBLs on one UDP port of 127.0.0.1. Names below <c>dead.test</c> are never answered, those below <c>dying.test</c> only until
/// <see cref="DyingAfter"/>. Others, such as <c>l0.test</c> .. <c>l9.test</c>, are answered after a delay: NXDOMAIN with an SOA record of
/// ttl 300, but clients of 198.19.0.0/16 are listed by <c>l0.test</c> as 127.0.0.2.
/// One thread, no allocation per query: what the machine does here is missing from what is measured.
/// </summary>
/// <remarks>RFC 1035 section 4, RFC 2308 section 3, RFC 5782 section 2.1.</remarks>
internal sealed class FakeLists : IDisposable
{
    /// <summary>Queries that a zone below <c>dying.test</c> answers before it dies: enough to warm up with.</summary>
    public const int DyingAfter = 600;

    private const int MaxMessageBytes = 512;
    private const int MaxPending = 1 << 17;
    private const int ReceiveBufferBytes = 16 << 20;
    private const int SolSocket = 1;
    private const int SoRcvBufForce = 33;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Epoll _epoll = new();
    private readonly long _delay;
    private readonly byte[] _query = new byte[4096];
    private readonly Dictionary<string, long> _counts = [];
    private readonly Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> _countByText;
    private readonly Pending[] _pending = new Pending[MaxPending];
    private uint _client;
    private uint _first;
    private uint _end;

    private readonly AnswerTimes? _times;

    private FakeLists(TimeSpan delay, AnswerTimes? times)
    {
        _times = times;
        _delay = (long)(delay.TotalSeconds * Stopwatch.Frequency);
        _countByText = _counts.GetAlternateLookup<ReadOnlySpan<char>>();
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _socket.Blocking = false;
        ForceReceiveBuffer();
        _epoll.Add(_socket, 0);
    }

    /// <summary>Serves until the process is told to end, then prints how often each zone was asked.</summary>
    /// <param name="times">A file for how long each client's slowest answer took; empty: none.</param>
    public static void Run(TimeSpan delay, string times)
    {
        using var noted = times.Length > 0 ? new AnswerTimes(times) : null;
        using var lists = new FakeLists(delay, noted);
        Console.WriteLine($"listening dns udp://{lists._socket.LocalEndPoint}");
        Console.WriteLine("ready");
        var ending = false;
        using var signal = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => ending = context.Cancel = true);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => ending = context.Cancel = true);
        while (!Volatile.Read(ref ending))
            lists.Serve();
        foreach (var (zone, count) in lists._counts.OrderBy(c => c.Key, StringComparer.Ordinal))
            Console.WriteLine($"asked {zone} {count}");
    }

    public void Dispose()
    {
        _socket.Dispose();
        _epoll.Dispose();
    }

    private void Serve()
    {
        var wait = _first == _end ? 100_000_000
            : (long)Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), PendingAt(_first).Due).TotalNanoseconds;
        _epoll.Wait(Math.Min(wait, 100_000_000));
        for (var i = 0; i < 64 && TakeQuery(); i++)
        {
        }

        var now = Stopwatch.GetTimestamp();
        for (; _first != _end && PendingAt(_first).Due <= now; _first++)
        {
            ref var answer = ref PendingAt(_first);
            try
            {
                _socket.SendTo(answer.Message.AsSpan(0, answer.Length), SocketFlags.None, answer.To!);
                _times?.Note(answer.Client, Stopwatch.GetTimestamp() - answer.Due + _delay);
            }
            catch (SocketException)
            {
                // The asker is gone, or slower than its buffer: an answer lost, as on any network.
            }
        }
    }

    private ref Pending PendingAt(uint number) => ref _pending[number % MaxPending];

    private bool TakeQuery()
    {
        if (_socket.Available == 0 || _end - _first == MaxPending)
            return false;
        ref var slot = ref PendingAt(_end);
        slot.Message ??= new byte[MaxMessageBytes];
        slot.To ??= new SocketAddress(AddressFamily.InterNetwork);
        var length = _socket.ReceiveFrom(_query, SocketFlags.None, slot.To);
        slot.Length = Answer(_query.AsSpan(0, length), slot.Message);
        if (slot.Length == 0)
            return true;
        slot.Due = Stopwatch.GetTimestamp() + _delay;
        slot.Client = _client;
        _end++;
        return true;
    }

    // Returns the answer's length; 0 for none.
    private int Answer(ReadOnlySpan<byte> query, Span<byte> answer)
    {
        Span<Range> labels = stackalloc Range[16];
        if (!TryReadName(query, labels, out var count, out var questionEnd) || count < 6 || questionEnd + 64 > answer.Length)
            return 0;
        Span<char> zone = stackalloc char[160];
        var zoneLength = 0;
        for (var i = 4; i < count && zoneLength < 80; i++)
        {
            if (i > 4)
                zone[zoneLength++] = '.';
            zoneLength += Encoding.ASCII.GetChars(query[labels[i]], zone[zoneLength..]);
        }

        var asked = ++CollectionsMarshal.GetValueRefOrAddDefault(_countByText, zone[..zoneLength], out _);
        var family = query[labels[count - 2]];
        if (family.SequenceEqual("dead"u8) || (family.SequenceEqual("dying"u8) && asked > DyingAfter))
            return 0;
        _client = ClientOf(query, labels);
        var listed = query[labels[4]].SequenceEqual("l0"u8)
            && query[labels[3]].SequenceEqual("198"u8) && query[labels[2]].SequenceEqual("19"u8);
        return Write(query[..questionEnd], listed, answer);
    }

    // The first four labels are the octets of its address, the last one first (RFC 5782 section 2.1).
    private static uint ClientOf(ReadOnlySpan<byte> query, ReadOnlySpan<Range> labels)
    {
        uint client = 0;
        for (var i = 3; i >= 0; i--)
            client = (client << 8) | (Utf8Parser.TryParse(query[labels[i]], out byte octet, out _) ? octet : 0u);
        return client;
    }

    private static bool TryReadName(ReadOnlySpan<byte> query, Span<Range> labels, out int count, out int questionEnd)
    {
        count = 0;
        var offset = 12;
        while (offset < query.Length && query[offset] is > 0 and <= 63 && count < labels.Length)
        {
            var next = offset + 1 + query[offset];
            labels[count++] = (offset + 1)..next;
            offset = next;
        }

        questionEnd = offset + 5;
        return questionEnd <= query.Length && query[offset] == 0;
    }

    private static int Write(ReadOnlySpan<byte> question, bool listed, Span<byte> answer)
    {
        // Owner: a pointer to the question's name. Then type, class, ttl 300, length, data.
        var record = listed
            ? [0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 127, 0, 0, 2]
            : (ReadOnlySpan<byte>)[0xc0, 12, 0, 6, 0, 1, 0, 0, 1, 44, 0, 22, 0, 0, 0, 0, 0, 1, 0, 0, 14, 16, 0, 0, 2, 88, 0, 1, 81, 128, 0,
                0, 1, 44];
        question.CopyTo(answer);
        answer[2] = (byte)(0x80 | (question[2] & 1));
        answer[3] = (byte)(listed ? 0x80 : 0x83);
        ReadOnlySpan<byte> counts = listed ? [0, 1, 0, 1, 0, 0, 0, 0] : [0, 1, 0, 0, 0, 1, 0, 0];
        counts.CopyTo(answer[4..]);
        record.CopyTo(answer[question.Length..]);
        return question.Length + record.Length;
    }

    // The usual 208 kB hold some 280 small packets: too few for a burst while the machine is busy. As root the system's bound does not
    // hold.
    private void ForceReceiveBuffer()
    {
        try
        {
            _socket.SetRawSocketOption(SolSocket, SoRcvBufForce, BitConverter.GetBytes(ReceiveBufferBytes));
        }
        catch (SocketException)
        {
            _socket.ReceiveBufferSize = ReceiveBufferBytes;
        }
    }

    private struct Pending
    {
        public byte[]? Message;
        public SocketAddress? To;
        public int Length;
        public long Due;
        public uint Client;
    }
}

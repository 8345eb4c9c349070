using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;

namespace Screening.Benchmarks.Load;

/// <summary>What a reply said.</summary>
internal readonly record struct LoadReply(bool Understood, uint Id, byte Action, int TtlSeconds);

/// <summary>One connection of the load client that speaks the plug-in protocol.</summary>
internal sealed class LoadConnection : BufferedConnection
{
    private LoadConnection(Socket socket)
        : base(socket)
    {
    }

    public static LoadConnection Open(EndPoint target) => new(Connect(target));

    public void Append(uint id, uint address) => Advance(QueryWriter.Write(Room(QueryWriter.MaxBytes), id, address));

    /// <summary>Takes the next whole reply.</summary>
    public bool TryTakeReply(out LoadReply reply)
    {
        var end = Input.IndexOf("\n\n"u8);
        if (end < 0)
        {
            reply = default;
            return false;
        }

        reply = Parse(Input[..(end + 1)]);
        Consume(end + 2);
        return true;
    }

    // "query_id=0000002a\naction=pass\nttl=600\n"
    private static LoadReply Parse(ReadOnlySpan<byte> reply)
    {
        const int ActionAt = 9 + QueryWriter.IdDigits + 1;
        if (!reply.StartsWith("query_id="u8)
            || !Utf8Parser.TryParse(reply[9..], out uint id, out var digits, 'x') || digits != QueryWriter.IdDigits
            || !reply[ActionAt..].StartsWith("action="u8))
        {
            return default;
        }

        var ttl = 0;
        var rest = reply[(ActionAt + 7)..];
        var ttlAt = rest.IndexOf("ttl="u8);
        var understood = ttlAt < 0 || Utf8Parser.TryParse(rest[(ttlAt + 4)..], out ttl, out _);
        return new LoadReply(understood, id, rest[0], ttl);
    }
}

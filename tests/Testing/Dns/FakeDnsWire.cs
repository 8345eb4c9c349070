using System.Buffers.Binary;
using System.Text;

namespace Screening.Testing.Dns;

/// <summary>A second, plain hand at RFC 1035 messages, so that the product's own code is not its own judge.</summary>
public static class FakeDnsWire
{
    public const ushort TypeA = 1;
    public const ushort TypeCname = 5;
    public const ushort TypeSoa = 6;
    public const ushort TypeText = 16;

    /// <summary>Reads the one question of a query. False for anything that is no plain query.</summary>
    public static bool TryReadQuestion(ReadOnlySpan<byte> query, out string name, out ushort type, out int end)
    {
        name = "";
        type = 0;
        end = 0;
        if (query.Length < 17 || (query[2] & 0xf8) != 0 || BinaryPrimitives.ReadUInt16BigEndian(query[4..]) != 1)
            return false;
        Span<char> text = stackalloc char[256];
        int offset = 12, length = 0;
        while (true)
        {
            if (offset >= query.Length)
                return false;
            int label = query[offset++];
            if (label == 0)
                break;
            if (label > 63 || offset + label > query.Length || length + label + 1 > 254)
                return false;
            if (length > 0)
                text[length++] = '.';
            for (var i = 0; i < label; i++)
                text[length++] = char.ToLowerInvariant((char)query[offset + i]);
            offset += label;
        }

        if (offset + 4 > query.Length)
            return false;
        name = new string(text[..length]);
        type = BinaryPrimitives.ReadUInt16BigEndian(query[offset..]);
        end = offset + 4;
        return true;
    }

    /// <summary>Makes the whole answer.</summary>
    public static byte[] Write(ReadOnlySpan<byte> query, int questionEnd, ushort type, FakeDnsReply reply, bool overTcp)
    {
        var truncated = reply.TruncateUdp && !overTcp;
        var output = new Output(512);
        output.Bytes(query[..questionEnd]);
        output.Patch16(2, (ushort)(0x8180 | reply.Rcode | (truncated ? 0x0200 : 0) | (query[2] & 1) << 8));
        output.Patch16(6, 0);
        output.Patch16(8, 0);
        output.Patch16(10, 0);
        if (truncated)
            return output.ToArray();

        var answers = 0;
        var owner = 12;
        foreach (var alias in reply.Aliases)
        {
            owner = output.Record(owner, TypeCname, reply.Ttl, o => o.Name(alias));
            answers++;
        }

        for (var i = 0; type == TypeA && i < reply.Addresses.Length; i++, answers++)
        {
            var address = reply.Addresses[i];
            var ttl = i < reply.AddressTtls.Length ? reply.AddressTtls[i] : reply.Ttl;
            output.Record(owner, TypeA, ttl, o => o.Bytes(address.GetAddressBytes()));
        }

        for (var i = 0; type == TypeText && i < reply.Texts.Length; i++, answers++)
        {
            var text = Encoding.UTF8.GetBytes(reply.Texts[i]);
            output.Record(owner, TypeText, reply.Ttl, o => o.Strings(text));
        }

        output.Patch16(6, (ushort)answers);
        if (answers == reply.Aliases.Length && reply.SoaTtl is { } soaTtl)
        {
            output.Record(12, TypeSoa, soaTtl, o => o.Soa(reply.SoaMinimum));
            output.Patch16(8, 1);
        }

        return output.ToArray();
    }

    private sealed class Output(int capacity)
    {
        private byte[] _bytes = new byte[capacity];
        private int _length;

        public byte[] ToArray() => _bytes[.._length];

        public void Bytes(ReadOnlySpan<byte> bytes)
        {
            if (_length + bytes.Length > _bytes.Length)
                Array.Resize(ref _bytes, (_length + bytes.Length) * 2);
            bytes.CopyTo(_bytes.AsSpan(_length));
            _length += bytes.Length;
        }

        public void Patch16(int offset, ushort value) => BinaryPrimitives.WriteUInt16BigEndian(_bytes.AsSpan(offset), value);

        public void Name(string name)
        {
            foreach (var label in name.Split('.', StringSplitOptions.RemoveEmptyEntries))
            {
                Bytes([(byte)label.Length]);
                Bytes(Encoding.ASCII.GetBytes(label));
            }

            Bytes([0]);
        }

        public void Strings(ReadOnlySpan<byte> text)
        {
            do
            {
                var piece = text[..Math.Min(255, text.Length)];
                Bytes([(byte)piece.Length]);
                Bytes(piece);
                text = text[piece.Length..];
            }
            while (!text.IsEmpty);
        }

        public void Soa(uint minimum)
        {
            Name("ns.invalid");
            Name("hostmaster.invalid");
            foreach (var value in (ReadOnlySpan<uint>)[1, 3600, 600, 86400, minimum])
                Write32(value);
        }

        /// <summary>Writes one record and returns where its data starts.</summary>
        public int Record(int ownerOffset, ushort type, uint ttl, Action<Output> data)
        {
            Write16((ushort)(0xc000 | ownerOffset));
            Write16(type);
            Write16(1);
            Write32(ttl);
            var lengthAt = _length;
            Write16(0);
            data(this);
            Patch16(lengthAt, (ushort)(_length - lengthAt - 2));
            return lengthAt + 2;
        }

        private void Write16(ushort value)
        {
            Span<byte> bytes = stackalloc byte[2];
            BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
            Bytes(bytes);
        }

        private void Write32(uint value)
        {
            Span<byte> bytes = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
            Bytes(bytes);
        }
    }
}

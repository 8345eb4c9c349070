using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.Reflection;
using Screening.Actors.Whitelist;

namespace Screening.Benchmarks.Micro;

/// <summary>
/// What protoc would make of <c>message Pass { 1 int64 made, 2 int64 expires, 3 bool allow, 4 sint32 score, 5 string fingerprint,
/// 6 string by, 7 string reason }</c>, without what no benchmark calls.
/// </summary>
internal sealed class ProtobufPass : ProtobufMessage<ProtobufPass>
{
    public long Made { get; set; }

    public long Expires { get; set; }

    public bool Allow { get; set; }

    public int Score { get; set; }

    public string Fingerprint { get; set; } = "";

    public string By { get; set; } = "";

    public string Reason { get; set; } = "";

    public override int CalculateSize() =>
        Number(Made) + Number(Expires) + 2 + 1 + CodedOutputStream.ComputeSInt32Size(Score) + Text(Fingerprint) + Text(By) + Text(Reason);

    public override void InternalWriteTo(ref WriteContext output)
    {
        output.WriteRawTag(8);
        output.WriteInt64(Made);
        output.WriteRawTag(16);
        output.WriteInt64(Expires);
        output.WriteRawTag(24);
        output.WriteBool(Allow);
        output.WriteRawTag(32);
        output.WriteSInt32(Score);
        output.WriteRawTag(42);
        output.WriteString(Fingerprint);
        output.WriteRawTag(50);
        output.WriteString(By);
        output.WriteRawTag(58);
        output.WriteString(Reason);
    }

    public override void InternalMergeFrom(ref ParseContext input)
    {
        while (input.ReadTag() is var tag && tag != 0)
        {
            switch (tag)
            {
                case 8:
                    Made = input.ReadInt64();
                    break;
                case 16:
                    Expires = input.ReadInt64();
                    break;
                case 24:
                    Allow = input.ReadBool();
                    break;
                case 32:
                    Score = input.ReadSInt32();
                    break;
                case 42:
                    Fingerprint = input.ReadString();
                    break;
                case 50:
                    By = input.ReadString();
                    break;
                case 58:
                    Reason = input.ReadString();
                    break;
            }
        }
    }
}

/// <summary>One entry, or one piece of news: <c>1 bytes client, 2 string profile, 3 repeated Pass passes, 4, 5 and 6 int64</c>.</summary>
internal sealed class ProtobufEntry : ProtobufMessage<ProtobufEntry>
{
    private static readonly FieldCodec<ProtobufPass> PassCodec = FieldCodec.ForMessage(26, ProtobufPass.Parser);

    public ByteString Client { get; set; } = ByteString.Empty;

    public string Profile { get; set; } = "";

    public RepeatedField<ProtobufPass> Passes { get; } = [];

    /// <summary>The sequence of an entry; the bucket of news.</summary>
    public long First { get; set; }

    /// <summary>Of news: the life of the epoch.</summary>
    public long Life { get; set; }

    /// <summary>Of news: the revocation of the epoch.</summary>
    public long Revocation { get; set; }

    public override int CalculateSize() =>
        1 + CodedOutputStream.ComputeBytesSize(Client) + Text(Profile) + Passes.CalculateSize(PassCodec) + Number(First) + Number(Life)
        + Number(Revocation);

    public override void InternalWriteTo(ref WriteContext output)
    {
        output.WriteRawTag(10);
        output.WriteBytes(Client);
        output.WriteRawTag(18);
        output.WriteString(Profile);
        Passes.WriteTo(ref output, PassCodec);
        output.WriteRawTag(32);
        output.WriteInt64(First);
        output.WriteRawTag(40);
        output.WriteInt64(Life);
        output.WriteRawTag(48);
        output.WriteInt64(Revocation);
    }

    public override void InternalMergeFrom(ref ParseContext input)
    {
        while (input.ReadTag() is var tag && tag != 0)
        {
            switch (tag)
            {
                case 10:
                    Client = input.ReadBytes();
                    break;
                case 18:
                    Profile = input.ReadString();
                    break;
                case 26:
                    Passes.AddEntriesFrom(ref input, PassCodec);
                    break;
                case 32:
                    First = input.ReadInt64();
                    break;
                case 40:
                    Life = input.ReadInt64();
                    break;
                case 48:
                    Revocation = input.ReadInt64();
                    break;
            }
        }
    }
}

/// <summary>Several of them: <c>1 repeated Entry entries</c>.</summary>
internal sealed class ProtobufBatch : ProtobufMessage<ProtobufBatch>
{
    private static readonly FieldCodec<ProtobufEntry> EntryCodec = FieldCodec.ForMessage(10, ProtobufEntry.Parser);

    public RepeatedField<ProtobufEntry> Entries { get; } = [];

    public override int CalculateSize() => Entries.CalculateSize(EntryCodec);

    public override void InternalWriteTo(ref WriteContext output) => Entries.WriteTo(ref output, EntryCodec);

    public override void InternalMergeFrom(ref ParseContext input)
    {
        while (input.ReadTag() is var tag && tag != 0)
            Entries.AddEntriesFrom(ref input, EntryCodec);
    }
}

/// <summary>The parts that no benchmark calls, and sizes of a field with its tag.</summary>
internal abstract class ProtobufMessage<T> : IMessage<T>, IBufferMessage
    where T : ProtobufMessage<T>, new()
{
    public static readonly MessageParser<T> Parser = new(() => new T());

    MessageDescriptor IMessage.Descriptor => throw new NotSupportedException();

    public abstract int CalculateSize();

    public abstract void InternalWriteTo(ref WriteContext output);

    public abstract void InternalMergeFrom(ref ParseContext input);

    public void WriteTo(CodedOutputStream output) => output.WriteRawMessage(this);

    public void MergeFrom(CodedInputStream input) => input.ReadRawMessage(this);

    public void MergeFrom(T message) => throw new NotSupportedException();

    public T Clone() => throw new NotSupportedException();

    public bool Equals(T? other) => ReferenceEquals(this, other);

    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    public override int GetHashCode() => 0;

    protected static int Number(long value) => 1 + CodedOutputStream.ComputeInt64Size(value);

    protected static int Text(string value) => 1 + CodedOutputStream.ComputeStringSize(value);
}

using Google.Protobuf;

namespace Screening.Node.Tests.Telemetry.Otlp;

/// <summary>A message of Protocol Buffers by the numbers of its fields, read without its schema.</summary>
internal sealed class ProtoMessage
{
    private readonly ILookup<int, object> _fields;

    public ProtoMessage(byte[] bytes)
    {
        var fields = new List<(int Number, object Value)>();
        var input = new CodedInputStream(bytes);
        while (input.ReadTag() is > 0 and var tag)
        {
            object value = WireFormat.GetTagWireType(tag) switch
            {
                WireFormat.WireType.Varint => input.ReadUInt64(),
                WireFormat.WireType.Fixed64 => input.ReadFixed64(),
                WireFormat.WireType.Fixed32 => (ulong)input.ReadFixed32(),
                WireFormat.WireType.LengthDelimited => input.ReadBytes().ToByteArray(),
                var other => throw new InvalidDataException($"wire type {other}"),
            };
            fields.Add((WireFormat.GetTagFieldNumber(tag), value));
        }

        _fields = fields.ToLookup(field => field.Number, field => field.Value);
    }

    public IEnumerable<ProtoMessage> All(int field) => _fields[field].Select(value => new ProtoMessage((byte[])value));

    public ProtoMessage? One(int field) => All(field).SingleOrDefault();

    public bool Has(int field) => _fields.Contains(field);

    public string Text(int field) => _fields[field].SingleOrDefault() is byte[] bytes ? System.Text.Encoding.UTF8.GetString(bytes) : "";

    public string Hex(int field) => _fields[field].SingleOrDefault() is byte[] bytes ? Convert.ToHexStringLower(bytes) : "";

    public ulong Number(int field) => _fields[field].SingleOrDefault() is ulong number ? number : 0;

    public double Real(int field) => BitConverter.UInt64BitsToDouble(Number(field));

    /// <summary>A packed field of 8 octets each.</summary>
    public IReadOnlyList<ulong> Packed(int field) => _fields[field].SingleOrDefault() is byte[] bytes
        ? [.. bytes.Chunk(8).Select(octets => BitConverter.ToUInt64(octets))]
        : [];

    /// <summary>Attributes: KeyValue { 1 key, 2 AnyValue { 1 string, 2 bool, 3 int, 4 double } }.</summary>
    public IReadOnlyDictionary<string, string> Attributes(int field) => All(field).ToDictionary(
        pair => pair.Text(1),
        pair => pair.One(2) is not { } value ? ""
            : value.Has(2) || value.Has(3) ? $"{(long)(value.Number(2) + value.Number(3))}"
            : value.Has(4) ? $"{value.Real(4)}" : value.Text(1));
}

using System.Text.Json;
using System.Text.Json.Serialization;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Api;

/// <summary>The times of postscreen's five tests: numbers in the order of its own cache value.</summary>
internal sealed class TestTimes : JsonConverter<PostscreenTimes>
{
    // 9999-12-31: no later time can be shown.
    private static readonly long LastSecond = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    public override PostscreenTimes Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        Span<long> times = stackalloc long[5];
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Fault();
        foreach (ref var time in times)
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out time) || time < 0 || time > LastSecond)
                throw Fault();
        }

        reader.Read();
        return reader.TokenType == JsonTokenType.EndArray
            ? new PostscreenTimes(times[0], times[1], times[2], times[3], times[4])
            : throw Fault();
    }

    public override void Write(Utf8JsonWriter writer, PostscreenTimes value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        writer.WriteNumberValue(value.Pregreet);
        writer.WriteNumberValue(value.Dnsbl);
        writer.WriteNumberValue(value.Pipelining);
        writer.WriteNumberValue(value.NonSmtpCommand);
        writer.WriteNumberValue(value.BareNewline);
        writer.WriteEndArray();
    }

    private static MemberFaultException Fault() => new(" is not 5 whole seconds since 1970");
}

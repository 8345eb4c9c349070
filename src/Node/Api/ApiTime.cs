using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Api;

/// <summary>A time as the API has it: UTC, ISO 8601, with as many digits of a second as it has.</summary>
internal class ExactTime : JsonConverter<DateTimeOffset>
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK";

    /// <summary>Reads a time of this format. Without a zone it is UTC.</summary>
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.GetString()!;
        return DateTimeOffset.TryParseExact(text, Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time.ToUniversalTime()
            : throw new MemberFaultException($": '{PeerText.Clean(text)}' is not a time such as 2030-01-31T12:00:00Z");
    }

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime);
}

/// <summary>The same to the millisecond: no node's clock is more exact than that.</summary>
internal sealed class MillisecondTime : ExactTime
{
    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
}

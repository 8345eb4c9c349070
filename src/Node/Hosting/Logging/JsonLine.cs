using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Parsing;

namespace Screening.Node.Hosting.Logging;

/// <summary>
/// One JSON object a line, for programs (<c>log.format = "json"</c>). The members are a contract with operators and only grow.
/// </summary>
/// <remarks>
/// <code>
/// time       UTC, ISO 8601, milliseconds
/// level      debug, info, warning, error or critical
/// id         the kind of message, a number that stays the same between releases; 0: none
/// source     the part of the node
/// message    the message for people
/// fields     the values in the message, by name
/// exception  only there if there is one
/// </code>
/// In the journal a priority stands before the object, which the journal removes.
/// </remarks>
internal sealed class JsonLine(bool isJournal) : ITextFormatter
{
    private const string IdProperty = "EventId";
    private const string SourceProperty = "SourceContext";

    public void Format(LogEvent logEvent, TextWriter output)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
            Write(json, logEvent);
        if (isJournal)
            output.Write(JournalStream.PriorityOf(logEvent.Level));
        output.Write(Encoding.UTF8.GetString(buffer.WrittenSpan));
        output.Write('\n');
    }

    private static void Write(Utf8JsonWriter json, LogEvent logEvent)
    {
        json.WriteStartObject();
        json.WriteString("time", logEvent.Timestamp.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        json.WriteString("level", WordOf(logEvent.Level));
        json.WriteNumber("id", IdOf(logEvent));
        json.WriteString(
            "source", logEvent.Properties.GetValueOrDefault(SourceProperty) is ScalarValue { Value: string source } ? source : "");
        json.WriteString("message", TextLine.MessageOf(logEvent));
        json.WriteStartObject("fields");
        foreach (var name in logEvent.MessageTemplate.Tokens.OfType<PropertyToken>().Select(token => token.PropertyName).Distinct())
        {
            if (logEvent.Properties.TryGetValue(name, out var value))
                WriteField(json, name, value);
        }

        json.WriteEndObject();
        if (logEvent.Exception is { } exception)
            json.WriteString("exception", exception.ToString());
        json.WriteEndObject();
    }

    private static void WriteField(Utf8JsonWriter json, string name, LogEventPropertyValue value)
    {
        var scalar = value is ScalarValue { Value: var plain } ? plain : value.ToString();
        switch (scalar)
        {
            case null:
                json.WriteNull(name);
                break;
            case bool flag:
                json.WriteBoolean(name, flag);
                break;
            case double number when double.IsFinite(number):
                json.WriteNumber(name, number);
                break;
            case sbyte or byte or short or ushort or int or uint or long:
                json.WriteNumber(name, Convert.ToInt64(scalar, CultureInfo.InvariantCulture));
                break;
            default:
                json.WriteString(name, Convert.ToString(scalar, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static int IdOf(LogEvent logEvent) =>
        logEvent.Properties.GetValueOrDefault(IdProperty) is StructureValue { Properties: var parts }
        && parts.FirstOrDefault(part => part.Name == "Id")?.Value is ScalarValue { Value: int id }
            ? id
            : 0;

    private static string WordOf(LogEventLevel level) => level switch
    {
        LogEventLevel.Fatal => "critical",
        LogEventLevel.Error => "error",
        LogEventLevel.Warning => "warning",
        LogEventLevel.Information => "info",
        _ => "debug",
    };
}

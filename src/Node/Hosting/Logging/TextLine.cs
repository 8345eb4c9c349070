using System.Globalization;
using System.Text;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Display;

namespace Screening.Node.Hosting.Logging;

/// <summary>
/// One line for people: time with zone (ISO 8601), level, message; the journal keeps the time itself and gets a priority instead. The text
/// of an exception follows on lines of its own, indented.
/// </summary>
/// <remarks>
/// A message is always one line: control characters in it are escaped, so nobody's text can pass for another line of the log.
/// </remarks>
internal sealed class TextLine(bool isJournal) : ITextFormatter
{
    private static readonly MessageTemplateTextFormatter Message = new("{Message:lj}", CultureInfo.InvariantCulture);

    public void Format(LogEvent logEvent, TextWriter output)
    {
        output.Write(Prefix(logEvent));
        output.Write(LevelOf(logEvent.Level));
        output.Write(' ');
        output.Write(Escape(MessageOf(logEvent)));
        output.Write('\n');
        if (logEvent.Exception is null)
            return;
        foreach (var line in logEvent.Exception.ToString().Split('\n'))
            output.Write($"{(isJournal ? JournalStream.PriorityOf(logEvent.Level) : "")}    {Escape(line.TrimEnd())}\n");
    }

    /// <summary>The message alone, its texts without quotes.</summary>
    public static string MessageOf(LogEvent logEvent)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        Message.Format(logEvent, text);
        return text.ToString();
    }

    private string Prefix(LogEvent logEvent) => isJournal
        ? JournalStream.PriorityOf(logEvent.Level)
        : logEvent.Timestamp.ToString("yyyy-MM-dd'T'HH:mm:ss.fffzzz' '", CultureInfo.InvariantCulture);

    private static string LevelOf(LogEventLevel level) => level switch
    {
        LogEventLevel.Fatal => "FTL",
        LogEventLevel.Error => "ERR",
        LogEventLevel.Warning => "WRN",
        LogEventLevel.Information => "INF",
        LogEventLevel.Debug => "DBG",
        _ => "VRB",
    };

    private static string Escape(string text)
    {
        if (!text.Any(char.IsControl))
            return text;
        var escaped = new StringBuilder(text.Length + 8);
        foreach (var letter in text)
        {
            if (char.IsControl(letter))
                escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}");
            else
                escaped.Append(letter);
        }

        return escaped.ToString();
    }
}

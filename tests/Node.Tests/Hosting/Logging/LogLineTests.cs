using System.Text.Json;
using Screening.Node.Hosting.Logging;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Parsing;

namespace Screening.Node.Tests.Hosting.Logging;

[Trait("Finding", "use-log")]
public sealed class LogLineTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 26, 21, 30, 5, 123, TimeSpan.FromHours(1));

    [Fact]
    public void A_line_for_people_has_date_time_zone_and_level() => Assert.Equal(
        "2026-11-26T21:30:05.123+01:00 WRN Rung 4 entered: check dnsbl.test\n",
        Format(
            new TextLine(isJournal: false), LogEventLevel.Warning, "Rung {Rung} entered: {What}", ("Rung", 4),
            ("What", "check dnsbl.test")));

    [Theory]
    [InlineData(LogEventLevel.Fatal, "<2>FTL so\n")]
    [InlineData(LogEventLevel.Error, "<3>ERR so\n")]
    [InlineData(LogEventLevel.Warning, "<4>WRN so\n")]
    [InlineData(LogEventLevel.Information, "<6>INF so\n")]
    [InlineData(LogEventLevel.Debug, "<7>DBG so\n")]
    public void A_line_for_the_journal_has_a_priority_and_no_time(LogEventLevel level, string line) =>
        Assert.Equal(line, Format(new TextLine(isJournal: true), level, "so"));

    [Fact]
    public void Each_line_of_an_exception_has_the_priority_of_its_message()
    {
        var lines = Format(new TextLine(isJournal: true), LogEventLevel.Error, "so", new InvalidOperationException("first\nsecond"));

        Assert.Equal(["<3>ERR so", "<3>    System.InvalidOperationException: first", "<3>    second", ""], lines.Split('\n'));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Text_of_others_never_begins_a_line(bool isJournal)
    {
        var line = Format(new TextLine(isJournal), LogEventLevel.Information, "{Text}", ("Text", "x\n<3>ERR forged \u001b]0;\u0007"));

        Assert.Equal(1, line.Count(letter => letter == '\n'));
        Assert.EndsWith("INF x\\u000a<3>ERR forged \\u001b]0;\\u0007\n", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_for_programs_is_one_object_with_the_documented_members()
    {
        var line = Format(
            new JsonLine(isJournal: false), LogEventLevel.Information, "{Client} in {ElapsedMs} ms, {Allow}", ("Client", "192.0.2.1\n"),
            ("ElapsedMs", 1.5), ("Allow", true), ("SourceContext", "Screening.Node.Telemetry.DecisionLog"),
            ("Thread", 9));

        Assert.Equal(
            """{"time":"2026-11-26T20:30:05.123Z","level":"info","id":0,"source":"Screening.Node"""
                + """.Telemetry.DecisionLog","message":"192.0.2.1\n in 1.5 ms, """
                + """true","fields":{"Client":"192.0.2.1\n","ElapsedMs":1.5,"Allow":true}}"""
                + "\n",
            line);
    }

    [Fact]
    public void An_exception_is_a_member_of_the_object()
    {
        var line = Format(new JsonLine(isJournal: true), LogEventLevel.Error, "so", new InvalidOperationException("first\nsecond"));

        Assert.StartsWith("<3>{", line, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(line[3..]);
        Assert.Equal("System.InvalidOperationException: first\nsecond", json.RootElement.GetProperty("exception").GetString());
    }

    [Theory]
    [InlineData("8:4711", "socket:[4711]", true)]
    [InlineData("8:4711", "socket:[4712]", false)]
    [InlineData("8:4711", "pipe:[4711]", false)]
    [InlineData("4711", "socket:[4711]", false)]
    [InlineData(null, "socket:[4711]", false)]
    [InlineData("8:4711", null, false)]
    public void The_journal_is_known_by_its_inode(string? stream, string? descriptor, bool isJournal) =>
        Assert.Equal(isJournal, JournalStream.Is(stream, descriptor));

    private static string Format(
        ITextFormatter formatter, LogEventLevel level, string template, params (string Name, object Value)[] fields) =>
        Format(formatter, level, template, null, fields);

    private static string Format(
        ITextFormatter formatter, LogEventLevel level, string template, Exception? exception, params (string Name, object Value)[] fields)
    {
        var properties = fields.Select(field => new LogEventProperty(field.Name, new ScalarValue(field.Value)));
        using var output = new StringWriter();
        formatter.Format(new LogEvent(Time, level, exception, new MessageTemplateParser().Parse(template), properties), output);
        return output.ToString();
    }
}

using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Screening.Node.Api;
using Screening.Node.Commands;
using Screening.Node.Commands.Cache;
using Screening.Node.Commands.Display;
using Spectre.Console;

namespace Screening.Node.Tests.Commands;

/// <summary>What commands look like on terminals of some widths, and where there is none.</summary>
[Trait("Finding", "use-2")]
public sealed class LookTests
{
    private const string Verdict =
        """
        {"v":1,"time":"2026-01-01T12:00:00Z","node":"mx1","door":"http","client":"198.51.100.23","local":null,
         "action":"drop","allow":false,"ttl":0,"score":9,"source":"screened","early":false,"complete":true,"elapsed_ms":112.6,
         "reason":"listed by block.example (127.0.0.4): seen sending spam; https://block.example/why",
         "profile":"default","policy":"12669c90789a","checks":[
         {"name":"p0f","kind":"p0f","result":"evidence","answer":["Windows XP","Ethernet or modem","distance 9","OS changed"],
          "weight":1,"ttl":null,"start_ms":0.1,"elapsed_ms":1.0,"reason":null,"error":null},
         {"name":"block.example","kind":"dnsbl","result":"evidence","answer":["127.0.0.4"],
          "weight":3,"ttl":300,"start_ms":0.4,"elapsed_ms":40.7,"reason":null,"error":null},
         {"name":"trusted.example","kind":"dnsbl","result":"timeout","answer":[],
          "weight":0,"ttl":null,"start_ms":0.4,"elapsed_ms":100,"reason":null,"error":"no answer of resolver 127.0.0.1:53 in 100 ms"}]}
        """;

    private const string Status =
        """
        {"v":1,"node":"mx1","version":"0.1.0","rung":4,
         "degraded":[{"what":"check block.example: no answer in 250 ms","since":"2026-01-01T11:59:48Z","rung":4}],
         "config":{"file":null,"loaded":"2026-01-01T10:00:00.000Z","failed_since":null,"faults":[],"restart_needed":[]},
         "endpoints":[{"kind":"plugin","uri":"tcp://127.0.0.1:10025"},
                      {"kind":"http","uri":"unix:///var/lib/screening/a/rather/long/folder/for/a/socket/http.sock"}],
         "cluster":{"state":"up","members":[{"node":"mx1","address":"127.0.0.1:4053","roles":["cache"],"state":"up"}],
                    "expected":1,"missing":0,"shards":64,"shards_here":64,"buckets":1024,"recovering":0},
         "grants":{"confirmed":true,"confirmed_s_ago":0},
         "store":{"provider":"sqlite","ok":true,"queued":0,"dropped":0,"journaled":12},
         "cache":{"near":3,"entries":4,"here":4,"grants":1,"bans":0},"in_flight":0,
         "checks":[{"name":"p0f","kind":"p0f","state":"ok","reason":null,"since":"2026-01-01T10:00:00Z"},
                   {"name":"block.example","kind":"dnsbl","state":"ill","reason":"no answer in 250 ms","since":"2026-01-01T11:59:48Z"}]}
        """;

    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(120)]
    public void An_explanation_fits_the_terminal_and_breaks_no_word(int width)
    {
        var text = Show(width, new VerdictText(width).Of(Read(Verdict, NodeClient.Shapes.VerdictDocument), explain: true));
        var lines = text.Split('\n');
        Assert.All(lines, line => Assert.True(line.Length <= width, $"{line.Length} columns: {line}"));
        foreach (
            var word in (string[])["changed", "distance", "https://block.example/why", "127.0.0.4", "timeout", "weight", "127.0.0.1:53"])
        {
            Assert.Contains(lines, line => line.Split(' ').Any(part => part.TrimEnd(',', ';') == word));
        }
    }

    [Fact]
    public void Without_a_terminal_an_explanation_has_one_line_per_check_and_no_escape()
    {
        var text = Show(null, new VerdictText(10_000).Of(Read(Verdict, NodeClient.Shapes.VerdictDocument), explain: true));
        Assert.StartsWith("198.51.100.23: drop, score 9, 112.6 ms\n  listed by block.example", text, StringComparison.Ordinal);
        Assert.Contains("evidence      +1  Windows XP, Ethernet or modem, distance 9, OS changed\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\x1b', text);
    }

    [Fact]
    public void A_refusal_is_bold_and_red_on_a_terminal()
    {
        var text = new VerdictText(80).Of(Read(Verdict, NodeClient.Shapes.VerdictDocument), explain: false);
        Assert.Contains("\x1b[1;31mdrop", new Screen(TextWriter.Null, 80, hasColour: true).TextOf(text), StringComparison.Ordinal);
    }

    [Fact]
    public void A_status_is_aligned_says_what_is_degraded_first_and_keeps_addresses_whole()
    {
        var text = Show(60, new StatusText(Now, 60).Of(Read(Status, NodeClient.Shapes.StatusDocument)));
        Assert.Equal(
            """
            mx1: screening 0.1.0, degraded (rung 4); 3 clients known here
              degraded  check block.example: no answer in 250 ms
                        (for 12 s)
              member    up       mx1            127.0.0.1:4053 cache
              cluster   up       64 shards      4 entries, 1 grant, 0
                                                bans
              store     ok       sqlite         12 journaled, 0 queued,
                                                0 dropped
              endpoint  open     plugin         tcp://127.0.0.1:10025
              endpoint  open     http           unix:///var/lib/screening/a/rather/long/folder/for/a/socket/http.sock
              check     ok       p0f            p0f
              check     failing  block.example  dnsbl: no answer in 250
                                                ms (for 12 s)

            """,
            text);
    }

    [Theory]
    [InlineData("evil\x1b[2J\r\nnode\u202e", "evil?[2J??node?")]
    [InlineData("日本語 Müller", "日本語 Müller")]
    public void What_a_node_tells_is_cleaned_again(string told, string shown)
    {
        var line = JsonSerializer.Serialize(new CacheLine(By: told, Also: [new CacheLine(Reason: told)]), ApiJson.Default.CacheLine);
        var read = Read(line, NodeClient.Shapes.CacheLine);
        Assert.Equal((shown, shown), (read.By, read.Also!.Value[0].Reason));
    }

    [Theory]
    [InlineData("日本語 Müller", 10, "日本語...")]
    [InlineData("日本語 Müller", 13, "日本語 Müller")]
    [InlineData("plain text", 8, "plain...")]
    public void Wide_letters_count_twice_where_a_text_must_fit(string text, int width, string fitted) =>
        Assert.Equal(fitted, ShownText.Fit(text, width));

    [Fact]
    public void A_list_is_aligned_under_its_titles_and_fits_a_terminal()
    {
        var page = Read(
            """
            [{"address":"192.0.2.0/24","profile":"default","kind":"ban","expires":"2026-01-01T12:59:00.5Z","times":[0,0,0,0,0],
              "by":"日本@mx1","reason":"sends worms since noon of the first of January","policy":""},
             {"address":"2001:db8::1","profile":"default","kind":"pass","expires":"2026-01-01T13:00:00Z","times":[0,0,0,0,0],"by":"mx1",
              "reason":"","policy":"p"}]
            """,
            NodeClient.Shapes.CacheLineArray);
        Assert.Equal(
            "KIND  ADDRESS       PROFILE  LEFT   BY        REASON\n"
            + "ban   192.0.2.0/24  default  59m1s  日本@mx1  sends worms since noon of the first of January\n"
            + "pass  2001:db8::1   default  1h     mx1\n",
            new CacheTable(new Screen(TextWriter.Null, null, false), new FixedTime()).Write(page));
    }

    [Theory]
    [InlineData(3600, "1h")]
    [InlineData(3599.2, "1h")]
    [InlineData(3599, "59m59s")]
    [InlineData(3661, "1h1m")]
    [InlineData(2_591_999, "29d23h")]
    [InlineData(86_400, "1d")]
    [InlineData(5, "5s")]
    [InlineData(-5, "0s")]
    public void What_is_left_is_in_two_units_and_a_life_just_given_is_whole(double seconds, string text) =>
        Assert.Equal(text, Lapse.Left(Now.AddSeconds(seconds), Now));

    [Theory]
    [InlineData(0.4, "0 s ago")]
    [InlineData(12.9, "12 s ago")]
    [InlineData(119, "119 s ago")]
    [InlineData(180, "3 min ago")]
    [InlineData(7200, "2 h ago")]
    [InlineData(172_800, "2 d ago")]
    [InlineData(-3, "0 s ago")]
    public void An_age_is_in_one_unit(double seconds, string text) => Assert.Equal(text, Lapse.Ago(Now.AddSeconds(-seconds), Now));

    [Fact]
    public async Task Progress_is_one_line_on_a_terminal_with_share_and_rate_and_a_summary()
    {
        using var error = new StringWriter { NewLine = "\n" };
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var progress = new ProgressLine(error, isTerminal: true, time);
        time.Advance(TimeSpan.FromSeconds(2));
        await progress.ShowAsync(10_000, 40_000);
        await progress.ShowAsync(10_001, 40_000);
        time.Advance(TimeSpan.FromSeconds(2));
        await progress.EndAsync(40_000, isWhole: true);
        var first = "10000 of 40000 lines (25 %), 5000 lines/s";
        Assert.Equal($"\r{first}\r{new string(' ', first.Length)}\r40000 lines in 4.0 s, 10000 lines/s\n", error.ToString());

        using var piped = new StringWriter();
        var silent = new ProgressLine(piped, isTerminal: false, time);
        await silent.ShowAsync(1, 2);
        await silent.EndAsync(2, isWhole: true);
        Assert.Equal("", piped.ToString());
    }

    private static T Read<T>(string json, JsonTypeInfo<T> shape) => JsonSerializer.Deserialize(json, shape)!;

    private static string Show(int? width, Paragraph text) => new Screen(TextWriter.Null, width, hasColour: false).TextOf(text);

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Now;
    }
}

using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Screening.Testing;
using Screening.Testing.Lab;

namespace Screening.EndToEnd.Tests;

/// <summary><c>screening demo</c> as somebody who has just built it starts it: as an ordinary user, in an empty home.</summary>
[Trait("Finding", "use-1")]
public sealed partial class DemoTests
{
    [SkippableFact]
    public async Task It_shows_its_acts_answers_the_pasted_commands_and_leaves_nothing()
    {
        Requires.Programs("setsid", "setpriv");
        using var folder = new TemporaryFolder();
        var (home, temporary) = (folder.MakeFolder("home"), folder.MakeFolder("tmp"));
        foreach (var own in (string[])[home, temporary])
            File.SetUnixFileMode(own, (UnixFileMode)0x1ff);
        await using var demo = RunningProcess.Start(await AsUserAsync(home, temporary, NodeProcess.Launch(null, "demo", "--pace", "10ms")));

        await demo.WaitForLineAsync(ComesAfterHints(), Waiting.Limit);
        AssertOnLoopback(demo);
        await AssertPastedAsync(demo, home, temporary);
        demo.Signal(Signal.Terminate);
        var status = await demo.WaitForExitAsync(Waiting.Limit);

        Assert.True(status == 0, demo.Transcript);
        Assert.Empty(Directory.EnumerateFileSystemEntries(home));
        Assert.Empty(Directory.EnumerateFileSystemEntries(temporary));
        Assert.DoesNotContain(
            demo.Lines, line => line.StartsWith("stderr:", StringComparison.Ordinal) || line.Contains('\x1b', StringComparison.Ordinal));
        foreach (var shown in (string[])[@"^  198\.51\.100\.23 +drop +\+\d", "^  status: degraded: .*block.example", "^  status: all well$",
            "cache ban", @"^  192\.0\.2\.25 +drop .* worms"])
        {
            Assert.Contains(demo.Lines, line => Regex.IsMatch(line, shown));
        }
    }

    [SkippableFact]
    public async Task Once_ends_with_status_0()
    {
        Requires.Programs("setsid");
        using var folder = new TemporaryFolder();
        var plan = NodeProcess.Launch(null, "demo", "--once", "--pace", "0");
        plan = plan with
        {
            Folder = folder.Root,
            Environment = new Dictionary<string, string?>(plan.Environment) { ["TMPDIR"] = folder.Root }
        };

        var result = await RunningProcess.RunAsync(plan, Waiting.Limit);

        Assert.True(result is { ExitCode: 0, Error: "" }, $"{result}");
        Assert.Contains("An operator bans", result.Output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Root));
    }

    private static async Task<LaunchPlan> AsUserAsync(string home, string temporary, LaunchPlan plan) =>
        await Unprivileged.AsUserAsync(plan) with
        {
            Folder = home,
            Environment = new Dictionary<string, string?>(NodeProcess.Launch(null).Environment)
            {
                ["HOME"] = home,
                ["TMPDIR"] = temporary,
                ["SCREENING_NODE"] = null
            },
        };

    private static async Task AssertPastedAsync(RunningProcess demo, string home, string temporary)
    {
        var results = new Dictionary<string, CommandResult>();
        foreach (var line in demo.Lines.Where(line => line.StartsWith("    ", StringComparison.Ordinal) && line.Contains("screening",
            StringComparison.Ordinal)).Distinct().ToList())
        {
            var command = line.Trim();
            var shell = await AsUserAsync(home, temporary, new LaunchPlan("sh", "-c", command));
            results.Add(CommandName().Match(command).Value, await RunningProcess.RunAsync(shell, Waiting.Limit));
        }

        Assert.Equal(["cache list", "check", "status"], results.Keys.Order(StringComparer.Ordinal));
        Assert.True(
            results["check"] is { ExitCode: 1 } check && check.Output.Contains("block.example", StringComparison.Ordinal),
            $"{results["check"]}");
        Assert.True(
            results["status"] is { ExitCode: 0 } status && status.Output.Contains("demo", StringComparison.Ordinal),
            $"{results["status"]}");
        Assert.True(
            results["cache list"] is { ExitCode: 0 } list && list.Output.Contains("192.0.2.10", StringComparison.Ordinal),
            $"{results["cache list"]}");
    }

    // proc(5): /proc/net has each socket's inode in the tenth column, and its local address in the second, in words of the machine's order.
    private static void AssertOnLoopback(RunningProcess demo)
    {
        var inodes = Directory.EnumerateFiles($"/proc/{demo.Pid}/fd").Select(fd => new FileInfo(fd).LinkTarget ?? "")
            .Where(target => target.StartsWith("socket:[", StringComparison.Ordinal)).Select(target => target["socket:[".Length..^1])
                .ToHashSet();
        var addresses = ((string[])["tcp", "tcp6", "udp", "udp6"]).SelectMany(
            kind => File.ReadLines($"/proc/{demo.Pid}/net/{kind}").Skip(1))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(columns => inodes.Contains(columns[9]))
            .Select(columns => AddressOf(columns[1][..columns[1].IndexOf(':', StringComparison.Ordinal)])).ToList();
        Assert.NotEmpty(addresses);
        Assert.All(addresses, address => Assert.True(IPAddress.IsLoopback(address), $"{address}"));
    }

    private static IPAddress AddressOf(string words) =>
        new([.. words.Chunk(8).SelectMany(
            word => BitConverter.GetBytes(uint.Parse(word, NumberStyles.HexNumber, CultureInfo.InvariantCulture)))]);

    [GeneratedRegex("^Clients keep coming")]
    private static partial Regex ComesAfterHints();

    [GeneratedRegex("(check|status|cache list)(?= |$)")]
    private static partial Regex CommandName();
}

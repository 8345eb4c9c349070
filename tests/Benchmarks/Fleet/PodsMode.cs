using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Screening.Benchmarks.Macro;
using Screening.Benchmarks.Processes;
using Screening.Testing.Lab;
using Screening.Testing.Lab.Pods;

namespace Screening.Benchmarks.Fleet;

/// <summary>
/// All that happens to the pods of a StatefulSet, under load: scaling, rolling updates, evictions, losses, cuts, and two releases in one
/// cluster. It prints what was done and when, and what the mail servers saw of it.
/// </summary>
internal sealed class PodsMode(StatefulSetLab lab, ServiceLoad load, Stopwatch clock, Table table)
{
    private const int ComingBack = 90;
    private const int DefaultRate = 20;
    private const string Overlay = "deploy/k8s/overlays/production";

    // A flush of the entity that holds a pass, and the way there.
    private static readonly TimeSpan Flush = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(4);

    // A pass lives for ten minutes; then it is rightly gone. The looks at it take some time of that.
    private static readonly TimeSpan Lives = TimeSpan.FromMinutes(8);
    private static readonly TimeSpan CommandPatience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(5);

    private bool IsWell { get; set; } = true;

    /// <returns>1 if a query had no answer, a banned client passed, a pass was lost, or the fleet did not become whole.</returns>
    public static async Task<int> RunAsync(BenchmarkOptions options)
    {
        Console.WriteLine(Checkout.Machine());
        var clock = Stopwatch.StartNew();
        var program = Checkout.NodeProgram(options.Node);
        var manifests = options.Manifests.Length > 0 ? options.Manifests : Path.Combine(Checkout.Root ?? ".", Overlay);
        await using var lab = await StatefulSetLab.BuildAsync(manifests, program, line => Say(clock, line));
        lab.LogFolder = options.Logs.Length > 0 ? Directory.CreateDirectory(options.Logs).FullName : null;
        await lab.ScaleAsync(1);
        await lab.WaitUntilWholeAsync();
        var banned = await BanAsync(lab.Pods[0]);
        await using var load = ServiceLoad.Start(lab, options.Rate ?? DefaultRate, banned);
        var table = new Table(
            "What the mail servers saw", "phase", "s", "whole after s", "queries", "unanswered", "asked again", "late", "banned let in",
            "p99 ms", "max ms", "longest gap ms", "passes", "not in the whitelist", "not known to a pod");
        var mode = new PodsMode(lab, load, clock, table);
        try
        {
            foreach (var (name, doAsync) in mode.Phases(program, options.Older).Where(phase => options.IsMeantPhase(phase.Name)))
                await mode.RunAsync(name, doAsync);
        }
        catch (Exception fault) when (fault is InvalidOperationException or TimeoutException)
        {
            // What was seen until then is still worth its table.
            Say(clock, fault.Message);
            mode.IsWell = false;
        }

        await load.StopAsync();
        table.Print();
        Console.WriteLine(load.Result(TimeSpan.Zero, TimeSpan.MaxValue));
        return mode.IsWell ? 0 : 1;
    }

    private IEnumerable<(string Name, Func<Task> Do)> Phases(string program, string older)
    {
        yield return ("one pod", () => Task.CompletedTask);
        yield return ("scale 1 to 3", () => lab.ScaleAsync(3));
        yield return ("scale 3 to 5", () => lab.ScaleAsync(5));
        yield return ("scale 5 to 3", () => lab.ScaleAsync(3));
        yield return ("rolling update", lab.RollAsync);
        yield return ("drain of a host", () => lab.EvictAsync(lab[1]));
        yield return ("pod 0 and its volume lost", () => lab.LoseAsync(lab[0], withClaim: true, Away));
        yield return ("a volume lost", () => lab.LoseAsync(lab[2], withClaim: true, Away));
        yield return ("one pod cut off for 30 s", () => CutAsync(() => lab.CutFromPodsAsync(lab[1])));
        yield return ("pods 0 and 2 cut off from each other for 30 s", () => CutAsync(() => lab.CutBetweenAsync(lab[0], lab[2])));
        yield return ("all cut off from the database for 30 s", () => CutAsync(lab.CutFromDatabaseAsync));
        yield return ("rolling update, database restarted", () => Task.WhenAll(lab.RollAsync(), RestartDatabaseAsync()));
        if (older.Length == 0)
            yield break;
        yield return ("to the older release", () => RollToAsync(older));
        yield return ("to this release", () => RollToAsync(program));
        yield return ("back to the older release, half way and up again", () => HalfWayAsync(older, program));
    }

    private async Task RollToAsync(string program)
    {
        lab.Program = program;
        await lab.RollAsync();
    }

    // What an operator does when an update must not go on: set the image back, and the pods that have the new one are made anew.
    private async Task HalfWayAsync(string there, string back)
    {
        lab.Program = there;
        await lab.ReplaceAsync(lab[2]);
        await Task.Delay(Settle);
        lab.Program = back;
        await lab.ReplaceAsync(lab[2]);
    }

    private async Task CutAsync(Func<Task> cutAsync)
    {
        await cutAsync();
        await Task.Delay(TimeSpan.FromSeconds(30));
        await lab.HealAsync();
    }

    private async Task RestartDatabaseAsync()
    {
        await Task.Delay(Away);
        Say(clock, "PostgreSQL is stopped");
        await lab.Database.StopAsync();
        await Task.Delay(Away);
        await lab.Database.RestartAsync();
        Say(clock, "PostgreSQL runs again");
    }

    private async Task RunAsync(string phase, Func<Task> doAsync)
    {
        Say(clock, $"== {phase}");
        var began = load.Elapsed;
        await doAsync();
        var done = load.Elapsed;
        string whole;
        try
        {
            await lab.WaitUntilWholeAsync();
            whole = (load.Elapsed - done).TotalSeconds.Figure();
        }
        catch (TimeoutException fault)
        {
            Say(clock, fault.Message);
            whole = "never";
        }

        await Task.Delay(Settle);
        var ended = load.Elapsed;
        var seen = load.Result(began, ended - Flush);
        var known = load.Answers.Where(a => a is { IsKept: true, IsBanned: false } && a.Ended < ended - Flush - Flush)
            .Where(a => load.Elapsed - a.At < Lives).ToList();
        var lost = await WithoutEntryAsync(known);
        var (asked, unknown) = await UnknownAsync(known);
        IsWell &= whole != "never" && seen is { Unanswered: 0, LetIn: 0 } && lost.Count == 0;
        Say(clock, FormattableString.Invariant($"   whole {whole} s after; {seen}"));
        Say(clock, FormattableString.Invariant(
            $"   of {known.Count} passes {lost.Count} are not in the whitelist; of {asked} asked about again {unknown} were not known"));
        if (lost.Count > 0)
        {
            var (first, last) = ((lost.Min(a => a.At) - began).TotalSeconds, (lost.Max(a => a.At) - began).TotalSeconds);
            Say(clock, FormattableString.Invariant($"   those were made from {first:0.0} to {last:0.0} s after the phase began"));
        }

        foreach (var (pod, state) in lab.Pods.Zip(await Task.WhenAll(lab.Pods.Select(pod => pod.TryStatusAsync()))))
        {
            Say(clock, FormattableString.Invariant(
                $"   {pod.Name}: {state?.ShardsHere} shards, {state?.Queued} queued, {state?.Dropped} dropped"));
        }
        table.Add(
            phase, (ended - began).TotalSeconds.Figure(), whole, $"{seen.Sent}", $"{seen.Unanswered}", $"{seen.Again}", $"{seen.Late}",
            $"{seen.LetIn}", seen.P99.Milliseconds(), seen.Longest.Milliseconds(), seen.LongestGap.Milliseconds(),
            $"{known.Count}", $"{lost.Count}", FormattableString.Invariant($"{unknown} of {asked}"));
    }

    // A client that comes back, to any mail server: its pass must be known there.
    private async Task<(int Asked, int Unknown)> UnknownAsync(List<ServiceAnswer> known)
    {
        var unknown = 0;
        var asked = known.OrderBy(_ => Random.Shared.Next()).Take(ComingBack).ToList();
        foreach (var (answer, number) in asked.Select((answer, number) => (answer, number)))
        {
            using var verdict = JsonDocument.Parse(await lab.Pods[number % lab.Pods.Count].GetAsync($"api/v1/check/{answer.Client}"));
            unknown += verdict.RootElement.GetProperty("source").GetString() is "near" or "fleet" ? 0 : 1;
        }

        return (asked.Count, unknown);
    }

    // Every client with a complete pass has to be in the whitelist from then on.
    private async Task<List<ServiceAnswer>> WithoutEntryAsync(List<ServiceAnswer> known)
    {
        CommandResult export = null!;
        await Poll.UntilAsync(
            async () => (export = await lab.Pods[0].RunAsync("cache", "export")).ExitCode == 0, CommandPatience, "cache export",
            () => $"{export}");
        var kept = export.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(AddressOf).ToHashSet();
        return known.Where(a => !kept.Contains(a.Client)).ToList();
    }

    private static string AddressOf(string line)
    {
        using var entry = JsonDocument.Parse(line);
        return entry.RootElement.GetProperty("address").GetString()!;
    }

    private static async Task<List<string>> BanAsync(Pod pod)
    {
        CommandResult? tried = null;
        await Poll.UntilAsync(
            async () => (tried = await pod.RunAsync("cache", "ban", "198.51.100.0/24", "--ttl", "1d", "--reason", "abuse")).ExitCode == 0,
            CommandPatience, "a ban that is stored", () => $"{tried}");
        return [.. Enumerable.Range(1, 50).Select(last => string.Create(CultureInfo.InvariantCulture, $"198.51.100.{last}"))];
    }

    private static void Say(Stopwatch clock, string line) =>
        Console.WriteLine(FormattableString.Invariant($"{clock.Elapsed.TotalSeconds,6:0.0}  {line}"));
}

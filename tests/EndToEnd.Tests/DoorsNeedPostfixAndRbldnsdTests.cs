using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Screening.Testing.Lab;
using Xunit.Abstractions;

namespace Screening.EndToEnd.Tests;

/// <summary>
/// Two unpatched Postfix, mx1 and mx2, each with a node of one fleet beside it, set up by what <c>config to-postfix</c> prints. Their own
/// logs are the judge.
/// </summary>
public sealed class DoorsNeedPostfixAndRbldnsdTests(ITestOutputHelper output)
{
    private const string BlockedByZone =
        "550 5.7.1 Service unavailable; client [{0}] blocked using screening.internal (a score of several signs)";
    private static readonly TimeSpan WithoutGreetWait = TimeSpan.FromSeconds(PostfixInstance.GreetWaitSeconds - 0.5);

    [SkippableFact]
    public async Task A_client_that_passed_at_one_mx_has_passed_at_the_other()
    {
        await using var lab = await MailLab.StartAsync(["memcache", "dnsblog"]);

        foreach (var client in new[] { Bench.Clean, Bench.Clean6 })
        {
            AssertDelivered(await lab.SendAsync(0, client), lab);
            await LogAsync(lab, 0, $"PASS NEW {Brackets(client)}:");
            var known = await lab.SendAsync(1, client);
            await LogAsync(lab, 1, $"PASS OLD {Brackets(client)}:");
            AssertAtOnce(known, lab);
        }

        // Who fails is not remembered: not at this mx, and not at the other. A list of little weight needs p0f's word.
        foreach (var mx in new[] { 0, 0, 1 })
        {
            Assert.Equal(string.Format(null, BlockedByZone, Bench.Listed), (await lab.SendAsync(mx, Bench.Listed)).Replies[3]);
            Assert.Equal(string.Format(null, BlockedByZone, Bench.Listed6), (await lab.SendAsync(mx, Bench.Listed6)).Replies[3]);
        }

        Assert.Equal(
            string.Format(null, BlockedByZone, Bench.ListedWeakly), (await lab.SendAsync(1, Bench.ListedWeakly, MailLab.Far)).Replies[3]);
        Assert.DoesNotContain(lab.Logs, line => Regex.IsMatch(
            line, $"PASS (NEW|OLD) ({Brackets(Bench.Listed)}|{Brackets(Bench.Listed6)}|{Brackets(Bench.ListedWeakly)}):"));

        // Whom an operator trusts is let in without the greet wait wherever it comes first, and for as long as he does.
        var granted = await lab.CommandAsync(0, "cache", "grant", $"{Bench.AnotherClean}", "--ttl", "1h", "--reason", "a partner");
        Assert.True(granted.ExitCode == 0, $"{granted}");
        await Poll.UntilAsync(
            async () => (await lab.CommandAsync(1, "check", $"{Bench.AnotherClean}", "--json"))
                .Output.Contains("\"grant\"", StringComparison.Ordinal),
            TimeSpan.FromSeconds(10), "the grant at the other node");
        var trusted = await lab.SendAsync(1, Bench.AnotherClean);
        await LogAsync(lab, 1, $"PASS OLD {Brackets(Bench.AnotherClean)}:");
        AssertAtOnce(trusted, lab);
        AssertUnharmed(lab);
    }

    [SkippableFact]
    public async Task A_client_that_proved_itself_to_the_fleet_is_not_screened_again()
    {
        await using var lab = await MailLab.StartAsync(["dnsblog"]);

        // Each Postfix has a cache of its own here: what they share is ours.
        AssertDelivered(await lab.SendAsync(0, Bench.Clean), lab);
        await Poll.UntilAsync(
            async () => await SourceAsync(lab, 1, Bench.Clean) is "near" or "fleet", TimeSpan.FromSeconds(10),
            "the pass at the other node");
        AssertDelivered(await lab.SendAsync(1, Bench.Clean), lab);

        // The allow code: a client that lists vouch for, which the first mx met, is let in by the second without the greet wait.
        foreach (var mx in new[] { 0, 1 })
        {
            AssertAtOnce(await lab.SendAsync(mx, Bench.Trusted), lab);
            await LogAsync(lab, mx, $"PASS NEW {Brackets(Bench.Trusted)}:");
        }

        Assert.Contains(await SourceAsync(lab, 1, Bench.Trusted), (string[])["near", "fleet"]);
        AssertUnharmed(lab);
    }

    [SkippableFact]
    public async Task The_policy_service_refuses_with_its_reason_whom_postscreen_let_in()
    {
        await using var lab = await MailLab.StartAsync(["policy"]);

        foreach (var client in new[] { Bench.Clean, Bench.Clean6 })
            AssertDelivered(await lab.SendAsync(0, client), lab);
        foreach (var client in new[] { Bench.Listed, Bench.Listed6 })
        {
            var refused = await lab.SendAsync(0, client);
            Assert.Matches(
                $"^550 5\\.7\\.1 .*Service unavailable; client {Brackets(client)} refused: listed by bl\\.example \\(127\\.0\\.0\\.2\\): "
                    + "seen sending spam$", refused.Replies[3]);
        }

        // Without the service, and with one that says nothing, mail flows: default_action=DUNNO.
        var (stuck, gone) = await StopAndKillAsync(lab);
        output.WriteLine(
            $"policy: whole dialogue {stuck.Took.TotalSeconds:0.00} s with the node stopped, {gone.Took.TotalSeconds:0.00} s with it gone");
    }

    [SkippableFact]
    public async Task The_zone_is_asked_by_stock_dnsblog_as_any_list_is()
    {
        await using var lab = await MailLab.StartAsync(["dnsbl"], "drop");

        foreach (var client in new[] { Bench.Listed, Bench.Listed6 })
        {
            var dropped = await lab.SendAsync(0, client);
            Assert.Equal(
                $"521 5.7.1 Service unavailable; client [{client}] blocked using screening.internal (a score of several signs)",
                dropped.Replies[0]);
            await LogAsync(lab, 0, $"addr {Regex.Escape($"{client}")} listed by domain screening\\.internal as 127\\.0\\.0\\.4");
        }

        AssertAtOnce(await lab.SendAsync(0, Bench.Trusted), lab);
        await LogAsync(lab, 0, "addr 192\\.0\\.2\\.11 listed by domain allow\\.screening\\.internal as 127\\.0\\.1\\.1");
        foreach (var client in new[] { Bench.Clean, Bench.Clean6 })
        {
            AssertDelivered(await lab.SendAsync(0, client), lab);
            await LogAsync(lab, 0, $"PASS NEW {Brackets(client)}:");
        }

        var (stuck, gone) = await StopAndKillAsync(lab);
        output.WriteLine(
            $"dnsbl: greeting after {stuck.GreetingAfter.TotalSeconds:0.00} s with the node stopped, "
                + $"{gone.GreetingAfter.TotalSeconds:0.00} s with it gone");
    }

    [SkippableFact]
    public async Task Reject_rbl_client_without_a_filter_refuses_nobody_who_is_allowed_or_ignored()
    {
        await using var lab = await MailLab.StartAsync([], "enforce", "smtpd_client_restrictions = reject_rbl_client screening.internal");

        Assert.Equal((1, "enforce", false), await VerdictAsync(lab, Bench.Listed));
        Assert.Equal((0, "pass", true), await VerdictAsync(lab, Bench.Trusted));
        Assert.Equal((0, "ignore", false), await VerdictAsync(lab, Bench.ListedWeakly));
        foreach (var client in new[] { Bench.Trusted, Bench.ListedWeakly, Bench.Clean, Bench.Clean6 })
            AssertDelivered(await lab.SendAsync(0, client), lab);
        foreach (var client in new[] { Bench.Listed, Bench.Listed6 })
        {
            var refused = await lab.SendAsync(0, client);
            // The text is our TXT record.
            Assert.StartsWith(
                $"554 5.7.1 Service unavailable; Client host [{client}] blocked using screening.internal; listed by bl.example "
                    + "(127.0.0.2): seen sending spam", refused.Replies[3], StringComparison.Ordinal);
        }

        AssertUnharmed(lab);
    }

    [SkippableFact]
    public async Task A_cache_that_is_stuck_or_gone_delays_but_never_ends_postscreen()
    {
        await using var lab = await MailLab.StartAsync(["memcache"]);
        AssertDelivered(await lab.SendAsync(0, Bench.Clean), lab);

        var (stuck, gone) = await StopAndKillAsync(lab);
        output.WriteLine(
            $"memcache: greeting after {stuck.GreetingAfter.TotalSeconds:0.00} s with the node stopped, "
                + $"{gone.GreetingAfter.TotalSeconds:0.00} s with it gone");

        // The other mx does not notice.
        AssertDelivered(await lab.SendAsync(1, Bench.Clean), lab);
        await LogAsync(lab, 1, $"PASS OLD {Brackets(Bench.Clean)}:");
    }

    // The first mx's node says nothing, then there is none; mail flows all the same.
    private static async Task<(SmtpDialogue Stuck, SmtpDialogue Gone)> StopAndKillAsync(MailLab lab)
    {
        lab.Nodes[0].Signal(Signal.Stop);
        var stuck = await lab.SendAsync(0, Bench.AnotherClean);
        lab.Nodes[0].Signal(Signal.Continue);
        await lab.Nodes[0].KillAsync();
        var gone = await lab.SendAsync(0, Bench.ThirdClean);
        AssertDelivered(stuck, lab);
        AssertDelivered(gone, lab);
        AssertUnharmed(lab);
        return (stuck, gone);
    }

    private static async Task<(int Status, string? Action, bool Allow)> VerdictAsync(MailLab lab, IPAddress client)
    {
        var result = await lab.CommandAsync(0, "check", $"{client}", "--json");
        using var verdict = JsonDocument.Parse(result.Output);
        return (result.ExitCode, verdict.RootElement.GetProperty("action").GetString(),
            verdict.RootElement.GetProperty("allow").GetBoolean());
    }

    private static async Task<string?> SourceAsync(MailLab lab, int mx, IPAddress client)
    {
        using var verdict = JsonDocument.Parse((await lab.CommandAsync(mx, "check", $"{client}", "--json")).Output);
        return verdict.RootElement.GetProperty("source").GetString();
    }

    private static Task LogAsync(MailLab lab, int mx, string pattern) => lab.Postfixes[mx].WaitForLogAsync(new Regex(pattern));

    private static void AssertDelivered(SmtpDialogue dialogue, MailLab lab) =>
        Assert.True(dialogue.Delivered, $"{dialogue}{Environment.NewLine}{lab.Transcript}");

    private static void AssertAtOnce(SmtpDialogue dialogue, MailLab lab) =>
        Assert.True(dialogue.Delivered && dialogue.GreetingAfter < WithoutGreetWait, $"{dialogue}{Environment.NewLine}{lab.Transcript}");

    /// <summary>No process of Postfix died or gave up.</summary>
    private static void AssertUnharmed(MailLab lab) =>
        Assert.DoesNotContain(lab.Logs, line => Regex.IsMatch(line, "watchdog|fatal:|panic:|bad command startup|killed by signal"));

    private static string Brackets(IPAddress client) => Regex.Escape($"[{client}]");
}

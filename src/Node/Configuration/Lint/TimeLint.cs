using Screening.Actors.Checks;

namespace Screening.Node.Configuration;

/// <summary>Timeouts that no deadline leaves time for, and deadlines beyond what a mail server waits.</summary>
internal static class TimeLint
{
    /// <summary>Postfix's default of postscreen_greet_wait (postconf(5)).</summary>
    private static readonly TimeSpan GreetWait = TimeSpan.FromSeconds(6);

    public static void Check(ValidationContext context)
    {
        CheckTimeouts(context);
        foreach (var (prefix, profile) in context.Profiles)
            CheckDeadlines(context, profile.Verdict, prefix);
    }

    private static void CheckTimeouts(ValidationContext context)
    {
        var options = context.Options;
        var (longest, deadline) = Deadlines(context).MaxBy(found => found.Value);
        Check("p0f.timeout", options.P0f.Timeout);
        Check("dnsbl.timeout", options.Dnsbl.Timeout);
        foreach (var (index, list) in options.Dnsbl.Lists.Index().Where(list => list.Item.Timeout is not null))
            Check($"dnsbl.list[{index + 1}].timeout", list.Timeout!.Value);
        foreach (var (prefix, profile) in context.Profiles)
        {
            foreach (var (index, custom) in profile.Customs.Index())
                Check($"{prefix}custom[{index + 1}].timeout", custom.Timeout);
        }

        void Check(string path, TimeSpan timeout)
        {
            if (context.IsGiven(path) && timeout > deadline)
            {
                context.Warn(
                    path, $"is {Duration.Format(timeout)}",
                    $"the longest deadline is {longest}, {Duration.Format(deadline)}, and an answer after it counts for nothing",
                    $"write {Duration.Format(deadline)} or less, or raise {longest}");
            }
        }
    }

    // Of the doors that are open; without any, of all.
    private static IEnumerable<(string Path, TimeSpan Value)> Deadlines(ValidationContext context)
    {
        var doors = context.Options.Endpoints;
        var isDnsbl = !doors.Dnsbl.IsEmpty || !doors.Dnsblog.IsEmpty;
        var isOther = !doors.Plugin.IsEmpty || !doors.Policy.IsEmpty || !doors.Http.IsEmpty;
        var isSilent = !isDnsbl && !isOther;
        foreach (var (prefix, profile) in context.Profiles)
        {
            if (isSilent || isOther)
                yield return (prefix + "verdict.deadline", profile.Verdict.Deadline);
            if (isSilent || !doors.Plugin.IsEmpty)
                yield return (prefix + "verdict.serial_deadline", profile.Verdict.SerialDeadline);
            if (isSilent || isDnsbl)
                yield return (prefix + "verdict.dnsbl_deadline", profile.Verdict.DnsblDeadline);
        }
    }

    private static void CheckDeadlines(ValidationContext context, VerdictOptions verdict, string prefix)
    {
        Check("verdict.deadline", verdict.Deadline, "1s");
        Check("verdict.serial_deadline", verdict.SerialDeadline, "300ms");
        Check("verdict.dnsbl_deadline", verdict.DnsblDeadline, "1.8s, which is under the 2 s that it waits under stress");

        void Check(string setting, TimeSpan deadline, string usual)
        {
            if (context.IsGiven(prefix + setting) && deadline > GreetWait)
            {
                context.Warn(
                    prefix + setting, $"is {Duration.Format(deadline)}",
                    "postscreen waits for postscreen_greet_wait, 6 s by default, and lets the client pass then", $"write {usual}");
            }
        }
    }
}

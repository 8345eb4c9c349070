using System.Collections.Immutable;
using Screening.Actors.Checks;
using Screening.Actors.Checks.Custom;
using Screening.Actors.Checks.Dnsbl;
using Screening.Actors.Checks.Envelope;
using Screening.Actors.Checks.P0f;
using Screening.Actors.Profiles;
using Screening.Actors.Screening;
using Screening.Node.Configuration;
using Screening.Node.Platform;
using Screening.Node.Sources;
using Screening.Protocol.Access;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.P0f;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Hosting;

/// <summary>What the options mean to the actors: the profiles, and the sources that they ask.</summary>
/// <param name="Profiles">How each profile judges.</param>
/// <param name="Sources">Whom to ask.</param>
internal sealed record ScreeningPlan(ProfileBook Profiles, UseSources Sources)
{
    private const int DnsblInFlight = 4096;
    private const int P0fInFlight = 4096;
    private const int CustomInFlight = 1024;
    private const int AnswersKeptPerList = 50_000;

    /// <summary>Makes the plan. The options are valid: everything here parses.</summary>
    public static ScreeningPlan Of(ScreeningOptions options, TransportSet transports)
    {
        var builder = new Builder(options, transports);
        var profiles = new ProfileBook(
            builder.ProfileOf(ProfileOptions.DefaultName, options.EffectiveProfile(ProfileOptions.DefaultName)!),
            options.Profiles.Select(p => new ProfileChoice(builder.ProfileOf(p.Key, p.Value), p.Value.Local, p.Value.Doors)));
        return new ScreeningPlan(profiles, builder.Sources());
    }

    private sealed class Builder(ScreeningOptions options, TransportSet transports)
    {
        private readonly Dictionary<string, CheckSource> _sources = [];
        private readonly Func<ClientAddress, bool> _skips = SkipsOf(options.Dnsbl);

        public Profile ProfileOf(string name, ProfileOptions profile)
        {
            var settings = SettingsOf(profile.Verdict);
            var checks = ImmutableArray.CreateBuilder<CheckPlan>();
            if (options.P0f.Socket.Length > 0)
                checks.Add(P0f(profile));
            SiteList.TryParse(profile.Dnsbl.Sites.Reveal(), out var sites, out _);
            checks.AddRange(sites.GroupBy(s => s.Zone).Select(zone => Dnsbl(zone.Key, [.. zone])));
            checks.AddRange(profile.Customs.Select(Custom));
            if (!options.Policy.Rules.IsEmpty)
            {
                checks.Add(new EnvelopePlan(
                    [.. options.Policy.Rules.Select(r => new EnvelopeRule(r.Weight) { Helo = r.Helo, Sender = r.Sender })]));
            }

            return new Profile(name, ProfileFingerprint.Of(options, name, profile, sites), settings, checks.ToImmutable());
        }

        public UseSources Sources() =>
            new([.. _sources.Values], zone => new DnsblSource(OtherZone(zone), transports.Dns(options.Dnsbl)), _skips);

        private DnsblSettings OtherZone(string zone)
        {
            var settings = DnsblSettingsOf(zone, zone, ZoneText.Hide(zone), options.Dnsbl.Timeout);
            return settings with { Key = ZoneText.KeyOf(zone), Check = settings.Check with { IsConfigured = false } };
        }

        private P0fPlan P0f(ProfileOptions profile)
        {
            const string Source = "p0f";
            _sources.TryAdd(Source, new P0fSource(
                new CheckSettings(Source, Source, options.P0f.Timeout, P0fInFlight), transports.P0f(options.P0f.Socket)));
            return new P0fPlan(
                Source, [.. profile.P0f.Rules.Select(RuleOf)], options.P0f.Alone ? null : profile.Verdict.EnforceAt - 1);
        }

        private DnsblPlan Dnsbl(string zone, ImmutableArray<SitePattern> patterns)
        {
            var list = options.Dnsbl.Lists.FirstOrDefault(l => l.Zone.Reveal().Equals(zone, StringComparison.OrdinalIgnoreCase));
            var name = list?.SafeName() ?? ZoneText.Hide(zone);
            var source = DnsblSource.IdOf(zone);
            var key = KeyOf(zone, list);
            var asked = key.Length > 0 && list is { KeyFile.Length: > 0 } ? key + zone[ZoneText.Placeholder.Length..] : zone;
            var settings = DnsblSettingsOf(zone, asked, name, list?.Timeout ?? options.Dnsbl.Timeout);
            _sources.TryAdd(source, new DnsblSource(
                settings with { IsTested = list?.TestEntries ?? true, Key = key }, transports.Dns(options.Dnsbl)));
            return new DnsblPlan(source, name, patterns, _skips);
        }

        private CustomPlan Custom(CustomOptions custom)
        {
            // A profile may have a check of the same name that is another check.
            var source = $"custom:{custom.Name}:{custom.Plugin}{custom.Url?.Reveal()}{string.Join(' ', custom.Command)}";
            _sources.TryAdd(source, new CustomSource(
                new CheckSettings(source, custom.Name, custom.Timeout, CustomInFlight), transports.Custom(custom)));
            var weight = custom.Weight;
            return new CustomPlan(source, custom.Name, [weight.Pass, weight.Ignore, weight.Enforce, weight.Drop]);
        }

        private DnsblSettings DnsblSettingsOf(string zone, string askedZone, string name, TimeSpan timeout) => new(
            new CheckSettings(DnsblSource.IdOf(zone), name, timeout, DnsblInFlight), askedZone,
            new KeepSettings(options.Cache.FailShare, options.Verdict.PassTtl, AnswersKeptPerList));
    }

    /// <summary>When clients' addresses count as lost.</summary>
    public static ClientWatchSettings ClientsOf(ClientsOptions clients) => new()
    {
        SuspendShare = clients.SuspendShare,
        SuspendMin = clients.SuspendMin,
        SuspendWindow = clients.SuspendWindow,
        Proxies = clients.Proxies,
    };

    private static VerdictSettings SettingsOf(VerdictOptions verdict) => new()
    {
        IgnoreAt = verdict.IgnoreAt,
        EnforceAt = verdict.EnforceAt,
        DropAt = verdict.DropAt,
        AllowAt = verdict.AllowAt,
        AllowCap = verdict.AllowCap,
        DefaultAction = verdict.DefaultAction,
        RejectAction = verdict.RejectAction,
        DefaultTtl = verdict.DefaultTtl,
        PassTtl = verdict.PassTtl,
        PassTtlMin = verdict.PassTtlMin,
        Deadline = verdict.Deadline,
        SerialDeadline = verdict.SerialDeadline,
        DnsblDeadline = verdict.DnsblDeadline,
    };

    private static P0fRule RuleOf(P0fRuleOptions rule) => new(rule.Weight)
    {
        Os = rule.Os,
        Flavor = rule.Flavor,
        Link = rule.Link,
        Distance = rule.Distance,
        UptimeMinutesMin = (uint?)rule.UptimeMin,
        Nat = rule.Nat,
        OsChanged = rule.OsChanged,
        Match = MatchOf(rule.Match),
    };

    private static ImmutableArray<P0fMatch> MatchOf(P0fMatchWords? words)
    {
        var match = ImmutableArray.CreateBuilder<P0fMatch>();
        if (words?.HasFlag(P0fMatchWords.Exact) == true)
            match.Add(P0fMatch.Exact);
        if (words?.HasFlag(P0fMatchWords.Generic) == true)
            match.AddRange(P0fMatch.Generic, P0fMatch.GenericFuzzy);
        if (words?.HasFlag(P0fMatchWords.Fuzzy) == true)
            match.AddRange(P0fMatch.Fuzzy, P0fMatch.GenericFuzzy);
        return match.ToImmutable();
    }

    private static Func<ClientAddress, bool> SkipsOf(DnsblOptions dnsbl)
    {
        var trie = NetworkTrie<bool>.Build(dnsbl.Skip.Select(network => (network, true)), static (one, _) => one);
        return client => trie.TryMatch(client, out _, out _);
    }

    // The key stands in the zone, or in a file of its own, so that the configuration can be shown.
    private static string KeyOf(string zone, DnsblListOptions? list) =>
        list is { KeyFile.Length: > 0 } && zone.StartsWith(ZoneText.Placeholder + ".", StringComparison.OrdinalIgnoreCase)
            ? ReadKey(list.KeyFile)
            : ZoneText.KeyOf(zone);

    private static string ReadKey(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"dnsbl.list.key_file {file}: {SystemError.Words(fault, file)}", fault);
        }
    }
}

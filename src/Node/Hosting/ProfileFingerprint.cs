using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Screening.Node.Configuration;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Hosting;

/// <summary>
/// The hash of all that can change a profile's verdict under the same answers, whom to ask included. Nodes count each other's passes where
/// it is equal (<c>cache.trust</c>). Where sources are, and how long they and the query may take, is left out: nodes may differ there.
/// </summary>
/// <remarks>
/// Passes are stored with it, and nodes of another release compare it with theirs. So its text is made of the names of settings, never of
/// names in this code, which a refactoring may change: a new value would disown every pass that is stored.
/// </remarks>
internal static class ProfileFingerprint
{
    private const int LengthBytes = 6;

    /// <summary>The fingerprint, in 12 hexadecimal digits.</summary>
    public static string Of(ScreeningOptions options, string name, ProfileOptions profile, IEnumerable<SitePattern> sites)
    {
        var text = new StringBuilder();
        Add(text, $"profile {name}");
        Add(text, profile.Verdict);
        foreach (var site in sites)
            Add(text, $"site {site}");
        var untested = options.Dnsbl.Lists.Where(list => !list.TestEntries).Select(list => list.Zone.Reveal().ToLowerInvariant());
        foreach (var zone in untested.Order(StringComparer.Ordinal))
            Add(text, $"untried {zone}");
        foreach (var network in options.Dnsbl.Skip.Select(network => network.ToString()).Order(StringComparer.Ordinal))
            Add(text, $"skip {network}");
        Add(text, $"p0f {options.P0f.Socket.Length > 0} alone {options.P0f.Alone}");
        foreach (var rule in profile.P0f.Rules)
            Add(text, rule);
        foreach (var custom in profile.Customs)
        {
            var weight = custom.Weight;
            Add(text, $"custom {custom.Name} {weight.Pass} {weight.Ignore} {weight.Enforce} {weight.Drop}");
        }

        foreach (var rule in options.Policy.Rules)
            Add(text, $"policy.rule helo {rule.Helo}\nsender {rule.Sender}\nweight {rule.Weight}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, LengthBytes));
    }

    private static void Add(StringBuilder text, VerdictOptions verdict)
    {
        Add(text, $"at {verdict.IgnoreAt} {verdict.EnforceAt} {verdict.DropAt} allow {verdict.AllowAt} {verdict.AllowCap}");
        Add(text, $"default {verdict.DefaultAction.Word()} {verdict.DefaultTtl} reject {verdict.RejectAction.Word()}");
        Add(text, $"pass {verdict.PassTtl} {verdict.PassTtlMin}");
    }

    private static void Add(StringBuilder text, P0fRuleOptions rule)
    {
        Add(text, $"p0f.rule os {rule.Os}\nflavor {rule.Flavor}\nlink {rule.Link}\ndistance {rule.Distance} uptime {rule.UptimeMin}");
        Add(text, $"nat {rule.Nat} os_changed {rule.OsChanged} match {(int?)rule.Match} weight {rule.Weight}");
    }

    private static void Add(StringBuilder text, FormattableString line) =>
        text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}

using System.Collections.Immutable;

namespace Screening.Protocol.Dnsbl;

/// <summary>
/// A list that has closed: it lists nobody, or, once its domain is sold or its operator wants to be left alone, everybody.
/// </summary>
/// <param name="Domain">Its zones are this domain and all below it.</param>
/// <param name="Since">When it closed, as exactly as is known: year, year and month, or date.</param>
/// <param name="Source">Where that can be read.</param>
public sealed record ClosedList(string Domain, string Since, string Source);

/// <summary>A list whose codes have several meanings, so that an entry without a filter counts what it should not.</summary>
/// <param name="Domain">Its zone.</param>
/// <param name="Meaning">What counts without a filter, and should not.</param>
/// <param name="Filter">A filter that leaves that out.</param>
public sealed record ManyCodes(string Domain, string Meaning, string Filter);

/// <summary>
/// What is known of public lists, for warnings only: nothing here changes a verdict, so a list that is missing or has changed costs no
/// mail. As of November 2026.
/// </summary>
public static class ListCatalogue
{
    private static readonly ImmutableArray<ClosedList> ClosedLists =
    [
        new("sorbs.net", "2024-06-05", "Proofpoint's statement to The Register, 2024-06-07"),
        new("dnsbl.manitu.net", "2025-01-16", "nixspam.net"),
        new("njabl.org", "2013-03-01", "en.wikipedia.org, Not Just Another Bogus List; since January 2024 a wildcard lists everybody"),
        new("ahbl.org", "2015-01", "ahbl.org/content/changes-ahbl; a wildcard lists everybody"),
        new("spamcannibal.org", "2019-05-30", "dnsbl.info/bl-spamcannibal-org.php; it lists everybody"),
        new("dsbl.org", "2008-05", "dsbl.org; since 2012 it lists everybody"),
        new("ordb.org", "2006", "securityandthe.net, 2009-03-10; since 2008 it lists everybody"),
        new("emailbasura.org", "2019-10", "dnsbl.com/2019/10/status-of-blemailbasuraorg-dead.html; a wildcard lists everybody"),
        new("dnsbl.inps.de", "2020-05-25", "dnsbl.com, status of dnsbl.inps.de"),
        new("wpbl.info", "2024", "wpbl.info"),
        new("virbl.bit.nl", "2017-01", "rollernet.us/2017/01/shutdown-of-virbl-dnsbl-bit-nl"),
        new("virbl.dnsbl.bit.nl", "2017-01", "rollernet.us/2017/01/shutdown-of-virbl-dnsbl-bit-nl"),
        new("rfc-ignorant.org", "2012-11-30", "rollernet.us/2012/09/dnsbl-rfc-ignorant-org-shutting-down-2"),
    ];

    // Lists that answer a public resolver with an error code, or not at all.
    private static readonly ImmutableArray<string> Refusing =
    [
        "spamhaus.org", // docs.spamhaus.com, "return codes": 127.255.255.254. Their zones with a key, dq.spamhaus.net, take any resolver.
        "dnswl.org", // dnswl.org, "Return codes": 127.0.0.255
        "uribl.com", // uribl.com/about.shtml: 127.0.0.1
        "surbl.org", // surbl.org, usage policy
        "barracudacentral.org", // barracudacentral.org/rbl/how-to-use: the resolver's address must be registered
    ];

    private static readonly ImmutableArray<string> Allowlists =
        ["list.dnswl.org", "swl.spamhaus.org", "wl.mailspike.net", "iadb.isipp.com", "ips.whitelisted.org", "query.bondedsender.org"];

    private static readonly ImmutableArray<string> Blocklists =
    [
        "zen.spamhaus.org", "sbl.spamhaus.org", "xbl.spamhaus.org", "pbl.spamhaus.org", "sbl-xbl.spamhaus.org", "zen.dq.spamhaus.net",
        "bl.spamcop.net", "b.barracudacentral.org", "psbl.surriel.com", "bl.mailspike.net", "dnsbl.dronebl.org", "bl.blocklist.de",
        "uceprotect.net", "truncate.gbudb.net", "bl.spameatingmonkey.net", "backscatter.spameatingmonkey.net",
    ];

    private static readonly ImmutableArray<ManyCodes> ListsOfManyCodes =
    [
        new("zen.spamhaus.org", "every code counts, also one that Spamhaus may add with another meaning", "127.0.0.[2..11]"),
        new("zen.dq.spamhaus.net", "every code counts, also one that Spamhaus may add with another meaning", "127.0.0.[2..11]"),
        new("list.dnswl.org", "all levels of trust count alike, 'none' too", "127.0.[2..9;11..15].[1..3]"),
        new("hostkarma.junkemailfilter.com", "127.0.0.1, which says that the client is good, counts too", "127.0.0.2"),
        new("rep.mailspike.net", "127.0.0.[16..20], which say that the client is good, count too", "127.0.0.[10..12]"),
        new("score.senderscore.com", "every sender it knows has a code, whose last number is its score of 0 to 100", "127.0.4.[0..20]"),
    ];

    /// <summary>The closed list that a zone belongs to; null if none is known.</summary>
    /// <param name="zone">A zone in lower case.</param>
    public static ClosedList? Closed(string zone) => ClosedLists.FirstOrDefault(list => IsIn(zone, list.Domain));

    /// <summary>True if the list is known not to answer public resolvers.</summary>
    /// <inheritdoc cref="Closed"/>
    public static bool RefusesPublicResolvers(string zone) => Refusing.Any(domain => IsIn(zone, domain));

    /// <summary>True if the list is known to name only clients that can be trusted.</summary>
    /// <inheritdoc cref="Closed"/>
    public static bool IsAllowlist(string zone) => Allowlists.Any(domain => IsIn(zone, domain));

    /// <summary>True if the list is known to name only clients that send spam.</summary>
    /// <inheritdoc cref="Closed"/>
    public static bool IsBlocklist(string zone) => Blocklists.Any(domain => IsIn(zone, domain));

    /// <summary>What is lost without a filter; null if a filter is not known to matter.</summary>
    /// <inheritdoc cref="Closed"/>
    public static ManyCodes? NeedsFilter(string zone) => ListsOfManyCodes.FirstOrDefault(list => IsIn(zone, list.Domain));

    private static bool IsIn(string zone, string domain) =>
        zone.EndsWith(domain, StringComparison.Ordinal) && (zone.Length == domain.Length || zone[^(domain.Length + 1)] == '.');
}

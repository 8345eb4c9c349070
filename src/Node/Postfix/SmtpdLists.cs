using System.Globalization;
using Screening.Protocol.Dnsbl;

namespace Screening.Node.Postfix;

/// <summary>The DNS lists that smtpd itself asks about clients: reject_rbl_client and permit_dnswl_client (postconf(5)).</summary>
internal static class SmtpdLists
{
    /// <summary>
    /// The lists as sites: one that smtpd refuses for weighs enough to be refused here, one that it permits for enough to be allowed. What
    /// smtpd asks about names rather than addresses is not among them.
    /// </summary>
    /// <param name="refusal">The weight of a list that smtpd refuses for.</param>
    /// <param name="permit">The weight of a list that smtpd permits for; negative.</param>
    public static IReadOnlyList<string> Of(PostfixParameters parameters, int refusal, int permit)
    {
        var sites = new List<string>();
        foreach (var name in parameters.Names.Where(IsRestriction).Order(StringComparer.Ordinal))
        {
            var words = PostfixText.Words(parameters.Value(name) ?? "").ToList();
            foreach (var (word, list) in words.Zip(words.Skip(1)))
            {
                int? weight = word switch { "reject_rbl_client" => refusal, "permit_dnswl_client" => permit, _ => null };
                if (weight is not null && SiteList.TryParse(list, out _, out _))
                    sites.Add(string.Create(CultureInfo.InvariantCulture, $"{list}*{weight}"));
            }
        }

        return [.. sites.Distinct()];
    }

    /// <summary>True for a parameter that holds restrictions of smtpd.</summary>
    public static bool IsRestriction(string name) =>
        name.StartsWith("smtpd_", StringComparison.Ordinal) && name.EndsWith("_restrictions", StringComparison.Ordinal);
}

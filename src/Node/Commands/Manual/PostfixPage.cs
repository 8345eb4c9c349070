using Screening.Node.Configuration;
using Screening.Node.Postfix;

namespace Screening.Node.Commands.Manual;

/// <summary>screening_postfix(7): the lines of main.cf for each door, as <c>config to-postfix</c> prints them.</summary>
internal static class PostfixPage
{
    public static string Create()
    {
        var page = new ManualText("screening_postfix", 7, "how Postfix asks screening(1)");
        page.Section("DESCRIPTION");
        page.Paragraph(
            "Stock Postfix asks a node at one of several doors; all lead to the same verdict. \"screening config to-postfix --door DOOR\" "
            + "prints the lines below in the names and folders of the installed Postfix. \"screening config from-postfix\" makes a "
            + "configuration that judges as your postscreen(8) does now.");
        page.Paragraph("While the node is down, mail flows: the DNSBL doors cost no time, and the policy door about a second a mail.");
        page.Section("DOORS");
        var options = new ScreeningOptions();
        var writer = new PostfixLinesWriter(options, new PostfixInstallation(PostfixInstallation.Newest), "enforce");
        foreach (var door in PostfixLinesWriter.Doors)
            Add(page, writer.Of(door), ConfigToPostfixCommand.UseOf(door));
        page.Section("FILES");
        page.Item(
            "/var/spool/postfix/screening", "",
            "Sockets that Postfix asks. Owner screening, group postfix, mode 2750, so that the sockets get the group.");
        page.SeeAlso(
            "screening(1), screening.toml(5), postconf(5), postscreen(8), memcache_table(5), /usr/share/doc/screening/docs/postfix.md");
        return page.ToString();
    }

    private static void Add(ManualText page, PostfixLines lines, string use)
    {
        page.Part(lines.Door);
        page.Paragraph($"For {use}. main.cf:");
        page.Lines(lines.MainCf);
        foreach (var (file, content) in lines.Files)
        {
            page.Paragraph($"{file}:");
            page.Lines(content);
        }

        if (lines.MasterCf.Count > 0)
        {
            page.Paragraph("master.cf must have each of these services once:");
            page.Lines(lines.MasterCf);
        }

        foreach (var note in lines.Notes)
            page.Paragraph($"Note: {note}.");
    }
}

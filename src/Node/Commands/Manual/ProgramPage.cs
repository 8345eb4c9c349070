using System.CommandLine;
using Screening.Node.Commands.Usage;

namespace Screening.Node.Commands.Manual;

/// <summary>screening(1): each command with what its <c>--help</c> says. Options that several commands share are described once.</summary>
internal static class ProgramPage
{
    private const int Several = 3;

    public static string Of(RootCommand root)
    {
        var commands = CommandsOf(root, CommandPath.Program).ToList();
        var shared = commands.SelectMany(found => OptionsOf(found.Command)).GroupBy(Describe)
            .Where(group => group.Count() >= Several).ToDictionary(group => group.Key, group => group.First());
        var page = new ManualText(CommandPath.Program, 1, "decide whether an SMTP client may deliver mail");
        page.Section("SYNOPSIS");
        page.Paragraph("screening [COMMAND] [OPTION]...");
        page.Section("DESCRIPTION");
        page.Paragraph(root.Description!);
        page.Paragraph(
            "Without a command it runs a node: a service beside Postfix that answers at several doors. The other commands ask a running "
            + "node, change the whitelist of its fleet, or work with the configuration.");
        page.Section("COMMANDS");
        foreach (var (path, command) in commands)
            Add(page, path, command, shared);
        page.Section("COMMON OPTIONS");
        foreach (var option in shared.Values)
            Add(page, option);
        page.Item("--help", "", "Show help and usage information, with examples.");
        AddEnd(page);
        return page.ToString();
    }

    private static void Add(
        ManualText page, string path, Command command, Dictionary<(string Name, string? Description), Option> shared)
    {
        page.Part(path);
        page.Paragraph(Usage(path, command));
        page.Paragraph(command.Description!);
        foreach (var argument in command.Arguments.Where(argument => argument.Description is not null))
            page.Item(argument.Name, "", argument.Description!);
        foreach (var option in OptionsOf(command).Where(option => !shared.ContainsKey(Describe(option))))
            Add(page, option);
        if (Examples.Of(path) is { Count: > 0 } examples)
        {
            page.Paragraph(examples.Count == 1 ? "Example:" : "Examples:");
            page.Lines(examples);
        }
    }

    private static void Add(ManualText page, Option option) => page.Item(option.Name, option.HelpName ?? "", option.Description ?? "");

    private static void AddEnd(ManualText page)
    {
        page.Section("EXIT STATUS");
        page.Item("0", "", "Success.");
        page.Item(
            "1", "",
            "The answer is no: check says enforce or drop, cache show finds nothing, a change holds but is not durable yet.");
        page.Item("2", "", "Wrong usage or configuration, an address that cannot be bound, or a command that is not built yet.");
        page.Item("3", "", "The node cannot be reached, or cannot do it now.");
        page.Item("70", "", "A node ended by a fault of its own.");
        page.Section("ENVIRONMENT");
        page.Item("SCREENING_CONFIG", "", "The configuration file, where --config is not given.");
        page.Item("SCREENING_NODE", "", "The node that commands ask, where --node is not given.");
        page.Item(
            "SCREENING__TABLE__NAME", "",
            "Overrides the setting table.name of the configuration, such as SCREENING__VERDICT__DEADLINE=800ms.");
        page.Item("NO_COLOR", "", "If it is set, nothing is coloured.");
        page.Section("FILES");
        page.Item("/etc/screening/screening.toml", "", "The configuration.");
        page.Item("/var/lib/screening", "", "node.data_dir of the service: whitelist, decision log, audit log.");
        page.Item("/var/spool/postfix/screening", "", "Sockets that Postfix asks.");
        page.SeeAlso("screening.toml(5), screening_postfix(7), postscreen(8), /usr/share/doc/screening/README.md");
    }

    private static IEnumerable<(string Path, Command Command)> CommandsOf(Command command, string path)
    {
        foreach (var below in command.Subcommands.Where(c => !c.Hidden))
        {
            var name = $"{path} {below.Name}";
            if (below.Subcommands.Count == 0)
                yield return (name, below);
            foreach (var found in CommandsOf(below, name))
                yield return found;
        }
    }

    private static IEnumerable<Option> OptionsOf(Command command) => command.Options.Where(option => !option.Hidden);

    private static (string Name, string? Description) Describe(Option option) => (option.Name, option.Description);

    private static string Usage(string path, Command command)
    {
        var arguments = command.Arguments.Where(a => !a.Hidden).Select(a => a.Arity.MinimumNumberOfValues == 0 ? $"[{a.Name}]" : a.Name);
        var options = OptionsOf(command).Select(o => o.HelpName is { } value ? $"[{o.Name} {value}]" : $"[{o.Name}]");
        return string.Join(' ', [path, .. arguments, .. options]);
    }
}

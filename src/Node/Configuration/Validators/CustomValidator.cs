namespace Screening.Node.Configuration;

/// <summary>Checks of [[custom]], also in a profile.</summary>
internal static class CustomValidator
{
    /// <param name="prefix">Empty, or "profile.NAME.".</param>
    public static void Check(ValidationContext context, IReadOnlyList<CustomOptions> customs, string prefix)
    {
        if (!context.IsSound(prefix + "custom"))
            return;
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (index, custom) in customs.Index())
        {
            var path = $"{prefix}custom[{index + 1}]";
            CheckSource(context, custom, path);
            var name = path + ".name";
            if (custom.Name.Length > 0 && !names.TryAdd(custom.Name, name))
                context.Fault(
                    name,
                    $"{name} is {Wording.Show(custom.Name)};"
                        + $" {names[custom.Name]} is the same {context.Where(names[custom.Name], name)}");
        }
    }

    private static void CheckSource(ValidationContext context, CustomOptions custom, string path)
    {
        // An empty command is what config show prints for none.
        string[] given =
        [
            .. Sources.Where(source => context.IsGiven($"{path}.{source}")
                && (source != "command" || !custom.Command.IsEmpty || !context.IsSound($"{path}.{source}"))),
        ];
        if (given.Length == 0)
            context.Fault(path, $"{path} gives nothing to ask; it must give one of plugin, url or command");
        else if (given.Length > 1)
            context.Fault(
                $"{path}.{given[1]}",
                $"{path} gives {string.Join(" and ", given)}; it must give exactly one of plugin, url or command");
        else if (given[0] == "command" && context.IsSound(path + ".command") && custom.Command[0].Length == 0)
            context.Fault(path + ".command", $"{path}.command has an empty first text; it must be the name of a program");
    }

    private static readonly string[] Sources = ["plugin", "url", "command"];
}

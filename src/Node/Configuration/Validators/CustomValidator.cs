namespace Screening.Node.Configuration;

/// <summary>Checks of [[custom]], also in a profile.</summary>
internal static class CustomValidator
{
    private static readonly string[] Sources = ["plugin", "url", "command"];

    public static void Check(ValidationContext context)
    {
        var sources = new Dictionary<string, (string Path, CustomOptions Custom)>(StringComparer.Ordinal);
        foreach (var (prefix, profile) in context.ProfilesWith("custom"))
        {
            var names = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var (index, custom) in profile.Customs.Index())
            {
                var path = $"{prefix}custom[{index + 1}]";
                if (context.IsSound(prefix + "custom"))
                {
                    CheckSource(context, custom, path);
                    if (custom.Name.Length > 0)
                        context.Once(names, custom.Name, path + ".name", Wording.Show(custom.Name));
                }

                if (custom.Name.Length > 0 && !sources.TryAdd(custom.Name, (path, custom)) && prefix.Length > 0)
                    CheckSame(context, (path, custom), sources[custom.Name]);
            }
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

    // One name is one check, whichever profile asks it: only weights may differ.
    private static void CheckSame(
        ValidationContext context, (string Path, CustomOptions Custom) later, (string Path, CustomOptions Custom) earlier)
    {
        var (path, one, other) = (later.Path, later.Custom, earlier.Custom);
        if (one.Plugin != other.Plugin || one.Url != other.Url || !one.Command.SequenceEqual(other.Command) || one.Timeout != other.Timeout)
        {
            context.Fault(
                path,
                $"{path} has the name of {earlier.Path} {context.Where(earlier.Path, path)}; it must then have the same plugin, url,"
                    + $" command and timeout");
        }
    }
}

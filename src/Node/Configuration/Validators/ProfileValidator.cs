namespace Screening.Node.Configuration;

/// <summary>Checks of [profile.NAME].</summary>
internal static class ProfileValidator
{
    public static void Check(ValidationContext context)
    {
        var choices = new Dictionary<string, string>(StringComparer.Ordinal);
        var sources = context.Options.Customs.Index().DistinctBy(found => found.Item.Name)
            .ToDictionary(found => found.Item.Name, found => (Path: $"custom[{found.Index + 1}]", found.Item));
        foreach (var (name, profile) in context.Options.Profiles)
        {
            CheckName(context, name);
            var prefix = $"profile.{name}.";
            VerdictValidator.Check(context, profile.Verdict, prefix);
            if (context.IsGiven(prefix + "p0f.rule"))
                P0fValidator.Check(context, profile.P0f.Rules, prefix);
            if (context.IsGiven(prefix + "custom"))
            {
                CustomValidator.Check(context, profile.Customs, prefix);
                CheckSameSource(context, profile, prefix, sources);
            }

            if (context.IsSound(prefix + "local"))
                CheckChoice(context, choices, prefix + "local", profile.Local.Select(address => address.ToString()));
            if (context.IsSound(prefix + "door"))
                CheckChoice(context, choices, prefix + "door", profile.Doors.Select(door => Wording.Word(door)));
        }
    }

    // A profile's zone is PROFILE.NAME, and allow.NAME is taken.
    private static void CheckName(ValidationContext context, string name)
    {
        var isLabel = name.Length is >= 1 and <= 63 && name[0] != '-' && name[^1] != '-'
            && name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-');
        var path = $"profile.{name}";
        if (name is ProfileOptions.DefaultName or "allow")
            context.Fault(path, $"profile.{name} is a reserved name; choose another");
        else if (!isLabel)
            context.Fault(
                path,
                $"profile.{Wording.Show(name)} cannot be the name of a profile; it must be a DNS label of a-z, 0-9 and dashes,"
                    + $" at most 63 characters");
    }

    private static void CheckChoice(ValidationContext context, Dictionary<string, string> choices, string list, IEnumerable<string> values)
    {
        foreach (var (index, value) in values.Index())
        {
            var path = $"{list}[{index + 1}]";
            if (!choices.TryAdd(value, path))
                context.Fault(path, $"{path} is {value}; {choices[value]} is the same {context.Where(choices[value], path)}");
        }
    }

    // One name is one check, whichever profile asks it: only weights may differ.
    private static void CheckSameSource(
        ValidationContext context, ProfileOptions profile, string prefix, Dictionary<string, (string Path, CustomOptions Item)> sources)
    {
        foreach (var (index, custom) in profile.Customs.Index())
        {
            var path = $"{prefix}custom[{index + 1}]";
            if (custom.Name.Length == 0 || sources.TryAdd(custom.Name, (path, custom)))
                continue;
            var (otherPath, other) = sources[custom.Name];
            var isSame = custom.Plugin == other.Plugin && custom.Url == other.Url
                && custom.Command.SequenceEqual(other.Command) && custom.Timeout == other.Timeout;
            if (!isSame)
                context.Fault(
                    path,
                    $"{path} has the name of {otherPath} {context.Where(otherPath, path)}; it must then have the same plugin, url,"
                        + $" command and timeout");
        }
    }
}

namespace Screening.Node.Configuration;

/// <summary>Checks of [profile.NAME].</summary>
internal static class ProfileValidator
{
    public static void Check(ValidationContext context)
    {
        var choices = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, profile) in context.Options.Profiles)
        {
            CheckName(context, name);
            CheckChoice(context, choices, $"profile.{name}.local", profile.Local.Select(address => address.ToString()));
            CheckChoice(context, choices, $"profile.{name}.door", profile.Doors.Select(door => Wording.Word(door)));
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
        if (!context.IsSound(list))
            return;
        foreach (var (index, value) in values.Index())
            context.Once(choices, value, $"{list}[{index + 1}]", value);
    }
}

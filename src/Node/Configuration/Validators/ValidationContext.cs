namespace Screening.Node.Configuration;

/// <summary>The settings that validators and lints compare, and the faults and warnings that they find.</summary>
/// <param name="options">The options as they were bound.</param>
/// <param name="binder">Has what was given, where, and what is not valid.</param>
internal sealed class ValidationContext(ScreeningOptions options, OptionsBinder binder)
{
    private readonly List<ConfigurationFault> _faults = [];
    private readonly List<ConfigurationFault> _warnings = [];

    public ScreeningOptions Options => options;

    public IReadOnlyList<ConfigurationFault> Faults => _faults;

    public IReadOnlyList<ConfigurationFault> Warnings => _warnings;

    /// <summary>The settings outside of all profiles, then those of each profile, with what stands before their paths.</summary>
    public IEnumerable<(string Prefix, ProfileOptions Settings)> Profiles =>
        options.Profiles.Select(profile => ($"profile.{profile.Key}.", profile.Value))
            .Prepend(("", options.EffectiveProfile(ProfileOptions.DefaultName)!));

    /// <summary>The settings outside of all profiles, then those of the profiles that give one of these settings themselves.</summary>
    public IEnumerable<(string Prefix, ProfileOptions Settings)> ProfilesWith(params string[] settings) =>
        Profiles.Where(profile => profile.Prefix.Length == 0 || settings.Any(setting => IsGiven(profile.Prefix + setting)));

    /// <summary>True if the file, the environment or the command line gives the setting.</summary>
    public bool IsGiven(string path) => binder.Origins.ContainsKey(path);

    /// <summary>True if the setting is valid, or was not given.</summary>
    public bool IsSound(string path) => !binder.Unsound.Contains(path);

    /// <summary>Where the setting was given. A profile's setting may be inherited; a setting of an item counts as its item.</summary>
    public ConfigurationPlace Place(string path)
    {
        if (binder.Origins.TryGetValue(path, out var place))
            return place;
        if (path.Split('.', 3) is ["profile", _, var inherited])
            return Place(inherited);
        var bracket = path.LastIndexOf(']');
        return bracket > 0 && bracket < path.Length - 1 ? Place(path[..(bracket + 1)]) : ConfigurationPlace.Default;
    }

    /// <summary>Adds a fault.</summary>
    public void Fault(string path, string message) => _faults.Add(new ConfigurationFault(Place(path), path, message));

    /// <summary>Adds a warning.</summary>
    public void Warn(string path, string message) => _warnings.Add(new ConfigurationFault(Place(path), path, message));

    /// <summary>Adds a warning about something that is no setting.</summary>
    public void Warn(ConfigurationPlace place, string message) => _warnings.Add(new ConfigurationFault(place, "", message));

    /// <summary>Adds a warning of its usual form.</summary>
    /// <param name="path">The setting.</param>
    /// <param name="value">What it is: "is 3", "has dnsbl.example".</param>
    /// <param name="why">What does not work.</param>
    /// <param name="instead">What to write instead.</param>
    public void Warn(string path, string value, string why, string instead) => Warn(path, $"{path} {value}; {why}; {instead}");

    /// <summary>Adds a fault: a setting that was given needs another one, which is empty.</summary>
    public void NeedsToo(string given, object value, string missing) => Fault(
        given, $"{given} is {Wording.Show(value)}; it must come with {missing}, which is empty {Where(missing, given)}");

    /// <summary>Adds a fault if another setting has the same value already.</summary>
    /// <param name="seen">The path of each value so far; takes this one.</param>
    /// <param name="shown">The value as it is shown.</param>
    public void Once(Dictionary<string, string> seen, string value, string path, string shown)
    {
        if (!seen.TryAdd(value, path))
            Fault(path, $"{path} is {shown}; {seen[value]} is the same {Where(seen[value], path)}");
    }

    /// <summary>A related setting's place, in brackets, as the end of a fault at <paramref name="path"/>.</summary>
    public string Where(string related, string path) => $"({Place(related).RelativeTo(Place(path))})";

    /// <summary>
    /// The lower value must not exceed the higher. The fault is put where it was given, the higher one's place if only that was.
    /// </summary>
    public void NotAbove<T>(string low, T lowValue, string high, T highValue)
        where T : IComparable<T>
    {
        if (lowValue.CompareTo(highValue) <= 0 || !IsSound(low) || !IsSound(high) || IsInherited(low, high))
            return;
        var byLow = Place(low).Kind != PlaceKind.Default && (!low.StartsWith("profile.", StringComparison.Ordinal) || IsGiven(low));
        var (subject, value, rule, related, relatedValue) = byLow
            ? (low, lowValue, "it must not exceed", high, highValue)
            : (high, highValue, "it must not be below", low, lowValue);
        Fault(
            subject,
            $"{subject} is {Wording.Show(value)}; {rule} {related},"
                + $" which is {Wording.Show(relatedValue)} {Where(related, subject)}");
    }

    // What a profile inherits was checked where it came from.
    private bool IsInherited(string low, string high) =>
        low.StartsWith("profile.", StringComparison.Ordinal) && !IsGiven(low) && !IsGiven(high);
}

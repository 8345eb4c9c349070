namespace Screening.Node.Configuration;

/// <summary>Something wrong with the configuration, or, as a warning, something that is probably not meant.</summary>
/// <param name="Place">Where it was given.</param>
/// <param name="Setting">
/// The setting's path, such as <c>verdict.enforce_at</c>; items of a list count from 1: <c>custom[1].url</c>. May be empty.
/// </param>
/// <param name="Message">
/// The setting, the value got, the rule and the related value:
/// "verdict.enforce_at is 9; it must not exceed verdict.drop_at, which is 8 (line 15)". Without secrets.
/// </param>
internal sealed record ConfigurationFault(ConfigurationPlace Place, string Setting, string Message)
{
    /// <summary>One line, whatever the operator wrote: the place, a colon, the message.</summary>
    public override string ToString() => Wording.Escaped(Place.Kind == PlaceKind.Default ? Message : $"{Place.WithColumn()}: {Message}");
}

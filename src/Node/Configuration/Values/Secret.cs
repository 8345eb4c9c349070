namespace Screening.Node.Configuration;

/// <summary>A text that must not appear in any reply, log, metric or page. It prints as <c>***</c>; empty prints as empty.</summary>
internal sealed record Secret
{
    /// <summary>What stands for a secret wherever settings are shown.</summary>
    public const string Mask = "***";

    public static readonly Secret Empty = new("");

    private readonly string _text;

    public Secret(string text) => _text = text;

    public bool IsEmpty => _text.Length == 0;

    /// <summary>The text itself, for the one place that needs it.</summary>
    public string Reveal() => _text;

    public override string ToString() => IsEmpty ? "" : Mask;
}

namespace Screening.Node.Configuration;

/// <summary>p0f rules without p0f, and p0f without rules.</summary>
internal static class P0fLint
{
    public static void Check(ValidationContext context)
    {
        var options = context.Options;
        var rules = context.ProfilesWith("p0f.rule")
            .Where(profile => !profile.Settings.P0f.Rules.IsEmpty)
            .Select(profile => profile.Prefix + "p0f.rule").ToList();
        if (options.P0f.Socket.Length == 0 && rules.Count > 0)
            context.Warn(
                rules[0], "is given", "p0f.socket is empty, so p0f is never asked and no rule counts",
                "set p0f.socket to the path after -s of p0f, such as \"/run/p0f/p0f.sock\"");
        else if (options.P0f.Socket.Length > 0 && rules.Count == 0)
            context.Warn(
                "p0f.socket", $"is {Wording.Show(options.P0f.Socket)}",
                "no p0f.rule gives its answers a weight, so p0f is asked for nothing",
                "add a [[p0f.rule]], or leave p0f.socket empty");
    }
}

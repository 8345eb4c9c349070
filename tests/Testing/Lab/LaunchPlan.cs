using System.Diagnostics;

namespace Screening.Testing.Lab;

/// <summary>What to start, and where.</summary>
/// <param name="Program">Name or path.</param>
/// <param name="Arguments">As the program shall see them; no shell is involved.</param>
public sealed record LaunchPlan(string Program, params string[] Arguments)
{
    /// <summary>The network namespace to start it in; null: this one.</summary>
    public string? Namespace { get; init; }

    public string? Folder { get; init; }

    public bool KeepsInput { get; init; }

    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    public ProcessStartInfo ToStartInfo()
    {
        var program = Program.Contains('/', StringComparison.Ordinal) ? Program : Requires.Find(Program) ?? Program;
        // setsid and "ip netns exec" both replace themselves by what they start, so that the id stays the same.
        string[] inNamespace = Namespace is null ? [] : [Requires.Find("ip") ?? "ip", "netns", "exec", Namespace];
        var start = new ProcessStartInfo(Requires.Find("setsid") ?? "setsid", [.. inNamespace, program, .. Arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = Folder ?? string.Empty,
        };
        foreach (var (name, value) in Environment)
            start.Environment[name] = value;

        return start;
    }

    public override string ToString() => $"{(Namespace is null ? string.Empty : $"[{Namespace}] ")}{Program} {string.Join(' ', Arguments)}";
}

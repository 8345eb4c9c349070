namespace Screening.Node.Configuration;

/// <summary>Programs of custom checks that cannot be started.</summary>
internal static class CustomLint
{
    private const UnixFileMode Execute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public static void Check(ValidationContext context, ConfigurationRequest request)
    {
        foreach (var (prefix, profile) in context.ProfilesWith("custom"))
        {
            foreach (var (index, custom) in profile.Customs.Index().Where(found => !found.Item.Command.IsEmpty))
            {
                if (Problem(custom.Command[0], request) is { } problem)
                {
                    context.Warn(
                        $"{prefix}custom[{index + 1}].command", $"is {Wording.Show(custom.Command[0])}",
                        problem + ", so the check never answers", "write the absolute path of an executable file");
                }
            }
        }
    }

    private static string? Problem(string program, ConfigurationRequest request)
    {
        var folders = program.Contains('/', StringComparison.Ordinal)
            ? [request.CurrentDirectory]
            : request.Environment.GetValueOrDefault("PATH", "").Split(':').Prepend(request.CurrentDirectory);
        var found = folders.Select(folder => Path.Combine(folder, program)).Where(File.Exists).ToList();
        return found.Count == 0 ? "there is no such program"
            : found.Any(file => (File.GetUnixFileMode(file) & Execute) != 0) ? null
            : "the file is not executable";
    }
}

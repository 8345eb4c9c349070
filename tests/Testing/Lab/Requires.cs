using System.Globalization;
using Xunit;

namespace Screening.Testing.Lab;

/// <summary>What a test needs from the machine. A test whose needs are not met is skipped, and says which one.</summary>
public static class Requires
{
    private static readonly string[] Folders =
        [.. (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':', StringSplitOptions.RemoveEmptyEntries), "/usr/sbin", "/sbin"];

    public static void Root() => Skip.If(!OperatingSystem.IsLinux() || Environment.UserName != "root", "needs Linux and root");

    public static void Programs(params string[] names)
    {
        foreach (var name in names)
        {
            Skip.If(Find(name) is null, string.Create(CultureInfo.InvariantCulture, $"needs the program {name}"));
        }
    }

    /// <summary>The full path of a program, or null. Administrators' programs are often not on an ordinary PATH.</summary>
    public static string? Find(string name) => Folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}

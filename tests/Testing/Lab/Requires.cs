using System.Globalization;
using Xunit;

namespace Screening.Testing.Lab;

/// <summary>What a test needs from the machine. A test whose needs are not met is skipped, and says which one.</summary>
public static class Requires
{
    private static readonly string[] Folders =
        [.. (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':', StringSplitOptions.RemoveEmptyEntries), "/usr/sbin",
            "/sbin"];

    public static void Root() => Skip.If(!OperatingSystem.IsLinux() || Environment.UserName != "root", "needs Linux and root");

    public static void Programs(params string[] names)
    {
        foreach (var name in names)
            Skip.If(Find(name) is null, string.Create(CultureInfo.InvariantCulture, $"needs the program {name}"));
    }

    /// <summary>
    /// A program out of a Debian package that test.sh unpacked without installing it, since the package would remove another one or is
    /// large for one program; and the folder of libraries that came with it.
    /// </summary>
    public static (string Program, string Libraries) Unpacked(string package, string program)
    {
        var root = FolderOf(package);
        var path = Path.Combine(root, program);
        Skip.If(!File.Exists(path), string.Create(
            CultureInfo.InvariantCulture, $"needs {program} of the package {package}, unpacked by test.sh"));
        return (path, Path.Combine(root, "usr", "lib", "x86_64-linux-gnu"));
    }

    /// <summary>
    /// The folder of a package that test.sh downloaded and unpacked without installing it. It is missing where that could not be done.
    /// </summary>
    public static string FolderOf(string package) => Path.Combine(
        Environment.GetEnvironmentVariable("SCREENING_TEST_PROGRAMS")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "screening-test"),
        package);

    /// <summary>The full path of a program, or null. Administrators' programs are often not on an ordinary PATH.</summary>
    public static string? Find(string name) => Folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}

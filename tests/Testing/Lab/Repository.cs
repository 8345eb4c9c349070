namespace Screening.Testing.Lab;

/// <summary>Files of the checkout that the tests were built from.</summary>
public static class Repository
{
    private static readonly Lazy<string> Root = new(() =>
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !System.IO.File.Exists(Path.Combine(folder.FullName, "Screening.sln")))
            folder = folder.Parent;

        return folder?.FullName ?? throw new DirectoryNotFoundException("Screening.sln is in no folder above the tests");
    });

    public static string File(string path) => Path.Combine(Root.Value, path);
}

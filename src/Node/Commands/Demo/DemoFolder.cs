using Screening.Node.Hosting.Scripted;

namespace Screening.Node.Commands.Demo;

/// <summary>
/// The demonstration's only place on disk: a temporary folder that its user alone may enter (0700), removed with all in it.
/// </summary>
internal sealed class DemoFolder : IDisposable
{
    // The longest name of a socket in it.
    private const int NameLength = 16;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("screening-demo-");

    /// <exception cref="IOException">No folder can be made, or its path is too long for sockets in it.</exception>
    /// <exception cref="UnauthorizedAccessException">No folder may be made.</exception>
    public DemoFolder()
    {
        if (Path.Length + NameLength <= ScriptedService.LongestPath)
            return;
        Dispose();
        throw new IOException($"{_folder.Parent} is too long a path for sockets; set TMPDIR to a shorter one");
    }

    /// <summary>Its path.</summary>
    public string Path => _folder.FullName;

    public void Dispose()
    {
        try
        {
            _folder.Delete(recursive: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // It has been removed already.
        }
    }
}

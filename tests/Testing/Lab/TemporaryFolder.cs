namespace Screening.Testing.Lab;

/// <summary>A folder of its own that others may enter (Postfix, p0f and rbldnsd run as their own users), removed at the end.</summary>
public sealed class TemporaryFolder : IDisposable
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    public TemporaryFolder()
    {
        Root = Directory.CreateTempSubdirectory("screening-lab-").FullName;
        File.SetUnixFileMode(Root, Mode);
    }

    public string Root { get; }

    public string this[string name] => Path.Combine(Root, name);

    public string MakeFolder(string name)
    {
        var path = this[name];
        Directory.CreateDirectory(path, Mode);
        return path;
    }

    public void Dispose()
    {
        try
        {
            Directory.Delete(Root, recursive: true);
        }
        catch (IOException)
        {
            // A daemon that is just ending may still write; what is left lies in the system's temporary folder.
        }
    }
}

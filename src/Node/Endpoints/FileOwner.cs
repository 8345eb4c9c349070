using System.Formats.Tar;

namespace Screening.Node.Endpoints;

/// <summary>The owner and group of a file, which the framework tells nowhere but in an archive's entry.</summary>
internal static class FileOwner
{
    /// <summary><c>user:group</c>, by number where there is no name.</summary>
    public static string Of(string path)
    {
        using var archive = new MemoryStream();
        using (var writer = new TarWriter(archive, TarEntryFormat.Pax, leaveOpen: true))
            writer.WriteEntry(path, "file");
        archive.Position = 0;
        using var reader = new TarReader(archive);
        return reader.GetNextEntry() is PosixTarEntry entry
            ? $"{NameOf(entry.UserName, entry.Uid)}:{NameOf(entry.GroupName, entry.Gid)}"
            : "another user";
    }

    private static string NameOf(string name, int id) => name.Length > 0 ? name : id.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

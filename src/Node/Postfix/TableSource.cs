using Screening.Node.Platform;

namespace Screening.Node.Postfix;

/// <summary>
/// The text of one of Postfix's tables. postmap(1) makes an indexed table from a text file beside it; a texthash table is that
/// text file (DATABASE_README).
/// </summary>
internal static class TableSource
{
    /// <summary>Reads the text of <c>type:path</c>. False if this type has no text, or it cannot be read.</summary>
    public static bool TryRead(string table, out string text)
    {
        text = "";
        if (table.Split(':', 2) is not ["texthash" or "hash" or "btree" or "lmdb" or "cdb" or "dbm", var file])
            return false;
        return TextFile.TryRead(file, TextFile.MaxTableBytes, out text, out _, anyBytes: true);
    }
}

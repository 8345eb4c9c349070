using Screening.Node.Commands;

namespace Screening.Node.Tests.Commands;

public sealed class WelcomeTests
{
    [Fact]
    public void A_program_is_found_beside_folders_that_do_not_have_it()
    {
        var root = Directory.CreateTempSubdirectory("screening-path-");
        var (empty, linked, real) = (root.CreateSubdirectory("empty"), root.CreateSubdirectory("bin"), root.CreateSubdirectory("lib"));
        var program = Path.Combine(real.FullName, "screening");
        File.WriteAllText(program, "");
        File.CreateSymbolicLink(Path.Combine(linked.FullName, "screening"), program);
        try
        {
            Assert.False(Welcome.IsOnPath(program, $"{empty.FullName}:/nowhere"));
            Assert.True(Welcome.IsOnPath(program, $"{empty.FullName}:/nowhere:{linked.FullName}"));
            Assert.True(Welcome.IsOnPath(program, real.FullName));
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }
}

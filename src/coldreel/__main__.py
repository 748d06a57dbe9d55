from coldreel.cli import main

main()

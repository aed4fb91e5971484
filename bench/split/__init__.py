"""Is our splitting cheap enough, and is it right? A judge for it that shares no rule with the product.

The lines of a problem and of an answer are ``oms-split/1`` (see README.md beside this file).

    reading -> shared.splitting.optimiser -> answer     python -m bench.split
    generating                                          python -m bench.split.generating --class n8 --count 100
    checking, reference, peers -> report                python -m bench.split.report
"""
